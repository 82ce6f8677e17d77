#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	struct scale rows;

	scale_exact(0, "inventory; upwards with assets that are not mirrored", out);
	scale_sectors(in, &rows);
	for (uint32_t k = 0; k < rows.n_sectors; k++) {
		const struct scale_sector *r = &rows.sector[k];
		double share = (double) r->touched / r->of, most = (double) r->most / r->of;
		out->likely = share > out->likely ? share : out->likely;
		out->hi = most > out->hi ? most : out->hi;
	}
	out->lo = out->likely;
	out->known = in->i->n_assets > 0;
}

const struct feature feature_sector_share = { .name = "sector_share", .unit = "share", .help = "largest share of one party's assets of a sector that was touched", .measure = measure };
