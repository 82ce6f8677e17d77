#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	int max = 0;

	for (uint32_t k = 0; k < in->i->n_assets; k++)
		if ((int) in->i->assets[k]->criticality > max)
			max = (int) in->i->assets[k]->criticality;
	scale_exact(max, "inventory", out);
	if (in->i->unlisted || !in->i->n_assets)
		out->hi = CRIT_CRITICAL;
}

const struct feature feature_criticality = { .name = "criticality", .unit = "", .help = "highest criticality touched: 0 low, 1 medium, 2 high, 3 critical", .measure = measure, .of_assets = true };
