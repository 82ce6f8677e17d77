/*
 * fuzz_conf - any text as a configuration: problems or a tree, no crash; what conf_dump() writes is read again and is the same.
 *
 * The first line is an assignment as of --set. Texts with "include" are left out: they would open files of this machine.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"
#include "library_leaks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct settings {
	bool b;
	uint32_t n;
	uint64_t size;
	int64_t time;
	const char *text, *path;
	int word;
};

static const char *const words[] = { "drop", "pass", "ignore", NULL };
static const struct option rows[] = {
	{ "stream.b", OPT_BOOL, offsetof(struct settings, b), "no", 0, 0, NULL, "Yes or no." },
	{ "stream.n", OPT_U32, offsetof(struct settings, n), "3", 1, 9, NULL, "A number." },
	{ "stream.deep.size", OPT_SIZE, offsetof(struct settings, size), "64mb", 0, 0, NULL, "A size." },
	{ "time", OPT_SECONDS, offsetof(struct settings, time), "30s", 0, 0, NULL, "A time." },
	{ "text", OPT_STRING, offsetof(struct settings, text), NULL, 0, 0, NULL, "A text." },
	{ "path", OPT_PATH, offsetof(struct settings, path), NULL, 0, 0, NULL, "A name." },
	{ "word", OPT_ENUM, offsetof(struct settings, word), "pass", 0, 0, words, "A word." },
	{ NULL }
};
static const struct option_tree trees[] = { { "vars", "Free." }, { "outputs", "Free." }, { NULL } };
static const struct option_table table = { "fuzz", rows, trees };
static const struct option_table *const tables[] = { &table, NULL };

static int
read_bytes(struct conf *c, const void *p, size_t n, struct diag *d)
{
	int fd = memfd_create("conf", 0), rc;
	char path[64];

	if (fd < 0 || write(fd, p, n) != (ssize_t) n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = conf_read(c, path, d);
	close(fd);
	if (rc < 0 && !d->errors)
		abort(); /* refused without a word */
	return rc;
}

static char *
dump_of(struct conf *c, size_t *n)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, n);

	conf_dump(c, tables, out);
	fclose(out);
	return text;
}

static void
dump_is_read_again(struct conf *c)
{
	struct conf *again = conf_new();
	struct diag d;
	size_t n, m;
	char *first = dump_of(c, &n), *second;

	diag_init(&d, 0);
	if (read_bytes(again, first, n, &d) < 0 || conf_check_unknown(again, tables, &d) < 0) {
		fprintf(stderr, "%s", first);
		diag_print(&d, stderr);
		abort();
	}
	second = dump_of(again, &m);
	if (n != m || memcmp(first, second, n) != 0) {
		fprintf(stderr, "%s----\n%s", first, second);
		abort();
	}
	free(first);
	free(second);
	diag_clear(&d);
	conf_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *line = n ? memchr(data, '\n', n) : NULL;
	struct settings s;
	struct conf *c;
	struct diag d;

	if (!line || n > 65536 || memmem(data, n, "include", 7))
		return 0;
	c = conf_new();
	diag_init(&d, 0);
	char *set = strndup((const char *) data, (size_t) (line - data));
	line++;
	if (read_bytes(c, line, n - (size_t) (line - data), &d) == 0) {
		conf_set(c, set, &d);
		if (conf_fill(c, &table, &s, &d) == 0 && (s.n < 1 || s.n > 9 || s.word < 0 || s.word > 2))
			abort();
		conf_check_unknown(c, tables, &d);
		dump_is_read_again(c);
	}
	free(set);
	diag_clear(&d);
	conf_free(c);
	return 0;
}
