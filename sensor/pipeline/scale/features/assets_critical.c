#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double n = 0;

	for (uint32_t k = 0; k < in->i->n_assets; k++)
		n += in->i->assets[k]->criticality == CRIT_CRITICAL;
	scale_exact(n, "inventory", out);
	out->hi += in->i->unlisted; /* a victim nobody listed may be one */
	for (uint32_t k = 0; k < in->inv->n && in->inv->unmirrored; k++) /* and what is not mirrored may be touched */
		out->hi += in->inv->assets[k].criticality == CRIT_CRITICAL && scale_may_touch(in, &in->inv->assets[k]);
}

const struct feature feature_assets_critical = { .name = "assets_critical", .unit = "assets", .help = "inventoried assets of criticality critical that were touched", .measure = measure, .of_assets = true };
