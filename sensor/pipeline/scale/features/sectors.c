#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct incident *i = in->i;
	double n = 0;

	for (uint32_t k = 0; k < i->n_assets; k++) {
		bool seen = false;
		for (uint32_t m = 0; m < k && !seen; m++)
			seen = strcmp(i->assets[m]->sector, i->assets[k]->sector) == 0;
		n += !seen;
	}
	scale_exact(n, "inventory", out);
	out->hi += i->unlisted;
}

const struct feature feature_sectors = { .name = "sectors", .unit = "sectors", .help = "sectors that were touched", .measure = measure, .of_assets = true };
