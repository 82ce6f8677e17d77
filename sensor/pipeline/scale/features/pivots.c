#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct incident *i = in->i;
	double n = 0;

	for (uint32_t v = 0; v < i->n_victims; v++)
		for (uint32_t a = 0; a < i->n_attackers; a++)
			n += addr_eq(&i->victims[v].a, &i->attackers[a].a) && i->attackers[a].last >= i->victims[v].first;
	scale_count(in, n, "of the named hosts", 1, out);
}

const struct feature feature_pivots = { .name = "pivots", .unit = "hosts", .help = "hosts that were attacked and then attacked others", .measure = measure, .join = JOIN_SUM };
