#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct incident *i = in->i;
	double best = 0;

	for (uint32_t k = 0; k < i->n_assets; k++) {
		uint32_t hit = 0, all = inventory_count(in->inv, i->assets[k]->owner, i->assets[k]->sector);
		for (uint32_t m = 0; m < i->n_assets; m++)
			hit += strcmp(i->assets[m]->owner, i->assets[k]->owner) == 0 && strcmp(i->assets[m]->sector, i->assets[k]->sector) == 0;
		if (all && (double) hit / all > best)
			best = (double) hit / all;
	}
	scale_exact(best, "inventory", out);
	out->known = i->n_assets > 0;
}

const struct feature feature_sector_share = { .name = "sector_share", .unit = "share", .help = "largest share of one party's assets of a sector that was touched", .measure = measure };
