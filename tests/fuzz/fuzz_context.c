/*
 * fuzz_context - any text as context inputs under the shipped packs: problems or statements that apply, no crash.
 */
#include "law_fuzz.h"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct packs packs;

static void
prepare(void)
{
	struct diag d;

	read_effects();
	diag_init(&d, 0);
	if (packs_read(&packs, shipped("policy"), &effects, &d) < 0) {
		diag_print(&d, stderr);
		exit(1);
	}
	diag_clear(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct context c;
	struct diag d;
	struct facts f;
	struct incident *i;
	char path[64];
	int fd;
	bool confirmed;
	uint32_t linked;

	if (!packs.n_bands)
		prepare();
	fd = memfd_create("context", 0);
	if (fd < 0 || n > 65536 || write(fd, data, n) != (ssize_t) n) {
		close(fd);
		return 0;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	diag_init(&d, 0);
	if (context_read(&c, path, &packs, &(struct context_trust) { NULL, true, NULL, "file" }, &d) == 0) {
		int64_t now = 0;
		i = malloc(sizeof(*i));
		facts_of(&f, i, &packs, data, n);
		for (int k = 0; k < 64; k++) { /* time goes on from change to change */
			context_apply(&c, &packs, i, now, &f, &confirmed, &linked);
			int64_t next = context_next(&c, now);
			if (!next)
				break;
			if (next <= now)
				abort();
			now = next;
		}
		check_bands(&packs, &f);
		free(i);
	} else if (!d.errors) {
		abort();
	}
	context_clear(&c);
	diag_clear(&d);
	close(fd);
	return 0;
}
