/*
 * fuzz_pack - any text as a policy pack beside the shipped ladder, or in its place: problems or bands in order, no crash.
 */
#include "law_fuzz.h"

#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[64], pack[128], ladder[128];

static void
clean(void)
{
	unlink(pack);
	unlink(ladder);
	rmdir(dir);
}

static void
prepare(void)
{
	char full[2048];

	snprintf(dir, sizeof(dir), "/dev/shm/casus-fuzz-%d", (int) getpid());
	if (mkdir(dir, 0700) < 0 || !realpath(shipped("policy/ladder.yaml"), full)) {
		perror(dir);
		exit(1);
	}
	snprintf(pack, sizeof(pack), "%s/x.yaml", dir);
	snprintf(ladder, sizeof(ladder), "%s/ladder.yaml", dir);
	if (symlink(full, ladder) < 0)
		exit(1);
	atexit(clean);
	read_effects();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct packs p;
	struct facts f;
	struct incident *i;
	struct diag d;
	FILE *out;

	if (!dir[0])
		prepare();
	if (n > 65536 || !(out = fopen(pack, "w")))
		return 0;
	fwrite(data, 1, n, out);
	fclose(out);
	diag_init(&d, 0);
	if (packs_read(&p, dir, &effects, &d) == 0) {
		i = malloc(sizeof(*i));
		facts_of(&f, i, &p, data, n);
		check_bands(&p, &f);
		free(i);
	} else if (!d.errors) {
		abort();
	}
	packs_clear(&p);
	diag_clear(&d);
	return 0;
}
