#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, in->i->peak_share, "peak second / capacity of the inventory", 0.001, out);
	out->known = in->i->capacity_known;
}

const struct feature feature_capacity_share = { .name = "capacity_share", .unit = "share", .help = "peak relative to the stated capacity of the asset", .measure = measure, .join = JOIN_PEAK };
