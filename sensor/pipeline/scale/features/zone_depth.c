#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	int max = 0;

	for (uint32_t k = 0; k < in->i->n_assets; k++)
		if ((int) in->i->assets[k]->zone > max)
			max = (int) in->i->assets[k]->zone;
	scale_exact(max, "inventory", out);
	if (in->i->unlisted || !in->i->n_assets)
		out->hi = ZONE_SAFETY;
}

const struct feature feature_zone_depth = { .name = "zone_depth", .unit = "", .help = "deepest zone touched: 0 internet, 1 dmz, 2 enterprise, 3 ot, 4 safety", .measure = measure, .of_assets = true };
