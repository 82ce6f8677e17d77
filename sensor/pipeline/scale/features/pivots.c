#include "pipeline/scale/scale.h"

/* A place among 256: most that are no attackers have one that no attacker has. */
static unsigned
place_of(const struct addr *a)
{
	return (unsigned) ((a->q[0] ^ a->q[1]) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct incident *i = in->i;
	uint64_t taken[4] = { 0 };
	double n = 0;

	for (uint32_t a = 0; a < i->n_attackers; a++) {
		unsigned at = place_of(&i->attackers[a].a);
		taken[at / 64] |= UINT64_C(1) << at % 64;
	}
	for (uint32_t v = 0; v < i->n_victims; v++) {
		unsigned at = place_of(&i->victims[v].a);
		for (uint32_t a = 0; taken[at / 64] >> at % 64 & 1 && a < i->n_attackers; a++)
			n += addr_eq(&i->victims[v].a, &i->attackers[a].a) && i->attackers[a].last >= i->victims[v].first;
	}
	scale_count(in, n, "of the named hosts", 1, out);
}

const struct feature feature_pivots = { .name = "pivots", .unit = "hosts", .help = "hosts that were attacked and then attacked others", .measure = measure, .join = JOIN_SUM };
