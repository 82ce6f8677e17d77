/*
 * fuzz_case - any text as a case: problems, or steps that play through the shipped packs with bands in order.
 */
#include "law_fuzz.h"
#include "pipeline/legal/case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char path[64];
static struct packs packs;

static void
clean(void)
{
	unlink(path);
	packs_clear(&packs);
	effects_clear(&effects);
}

static void
prepare(void)
{
	struct diag d;

	read_effects();
	diag_init(&d, 0);
	if (packs_read(&packs, shipped("policy"), &effects, &d) < 0)
		exit(1);
	diag_clear(&d);
	snprintf(path, sizeof(path), "/dev/shm/casus-fuzz-case-%d.yaml", (int) getpid());
	atexit(clean);
}

static void
play(const struct case_file *c)
{
	struct scene s;

	if (scene_init(&s, &packs, &effects, &c->inv) < 0)
		return;
	for (uint32_t k = 0; k < c->n_steps && k < 4; k++) {
		case_apply(c, k, &s);
		scene_assess(&s, c->step[k].at);
		for (uint32_t i = 0; i < s.a.bands.n; i++) {
			const struct party_band *b = &s.a.bands.party[i];
			if (b->lo > b->likely || b->likely > b->hi || b->hi >= packs.n_bands)
				abort();
		}
		struct middle m = bands_middle(&s.a.bands);
		if (m.lo > m.hi)
			abort();
	}
	scene_clear(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct case_file c;
	struct diag d;
	FILE *out;

	if (!path[0])
		prepare();
	if (n > 65536 || !(out = fopen(path, "w")))
		return 0;
	fwrite(data, 1, n, out);
	fclose(out);
	diag_init(&d, 0);
	if (case_read(&c, path, &packs, &effects, &d) == 0)
		play(&c);
	else if (!d.errors)
		abort();
	case_clear(&c);
	diag_clear(&d);
	return 0;
}
