/*
 * mkpcap - command line: mkpcap FILE.pkt [-o OUT.pcap]; - is standard input or output.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "mkpcap.h"

static void
help(FILE *out)
{
	fprintf(out, "usage: mkpcap FILE.pkt [-o OUT.pcap]\n\nPackets from a text. - is standard input or output; without -o, standard output.\n\n"
		     "Statements, one a line or with ; between:\n");
	statements_help(out);
	fprintf(out, "\nDATA, one or more of:\n");
	data_help(out);
	fprintf(out, "\nIn words {i+1} is a number; in strings \\{i+1} is. See mkpcap(1).\n"
		     "Exit: 0 written, 1 not written, 64 wrong usage, 65 errors in the script, 66 no such file.\n");
}

static int
read_script(struct buf *text, const char *name)
{
	char chunk[65536];
	size_t n;

	if (strcmp(name, "-") != 0)
		return buf_read_file(text, name);
	while ((n = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
		if (buf_add(text, chunk, n) != 0)
			return -1;
	}
	return 0;
}

static int
write_out(const struct script *s, const char *name)
{
	struct buf b;
	FILE *f = strcmp(name, "-") == 0 ? stdout : fopen(name, "wb");

	buf_init(&b, (size_t) 2 << 30);
	script_write(s, &b);
	bool ok = f && !b.full && fwrite(b.p, 1, b.n, f) == b.n && fflush(f) == 0;
	if (f && f != stdout)
		ok = fclose(f) == 0 && ok;
	if (!ok)
		fprintf(stderr, "mkpcap: %s: %s\n", name, strerror(errno));
	buf_clear(&b);
	return ok ? EXIT_OK : EXIT_RUNTIME;
}

static int
convert(const char *in, const char *out)
{
	struct buf text;
	struct diag d;
	struct script s;
	int code = EXIT_NOINPUT;

	buf_init(&text, 64 << 20);
	if (read_script(&text, in) != 0) {
		fprintf(stderr, "mkpcap: %s: %s\n", in, errno ? strerror(errno) : "too long");
		buf_clear(&text);
		return code;
	}
	diag_init(&d, 100);
	script_init(&s, &d);
	const char *slash = strrchr(in, '/');
	s.folder = slash ? strndup(in, (size_t) (slash - in)) : strdup(".");
	if (script_run(&s, in, span_of(text.p, text.n)) == 0) {
		code = write_out(&s, out);
	} else {
		diag_print(&d, stderr);
		code = EXIT_DATA;
	}
	free((char *) s.folder);
	script_clear(&s);
	diag_clear(&d);
	buf_clear(&text);
	return code;
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = { { "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { 0 } };
	const char *out = "-";
	int c;

	while ((c = getopt_long(argc, argv, "o:hV", longs, NULL)) != -1) {
		if (c == 'o') {
			out = optarg;
		} else if (c == 'V') {
			printf("mkpcap %s\n", PACKAGE_VERSION);
			return EXIT_OK;
		} else {
			help(c == 'h' ? stdout : stderr);
			return c == 'h' ? EXIT_OK : EXIT_USAGE;
		}
	}
	if (optind != argc - 1) {
		help(stderr);
		return EXIT_USAGE;
	}
	return convert(argv[optind], out);
}
