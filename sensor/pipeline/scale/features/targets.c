#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double lo, hi;

	hll_bounds(&in->i->targets, &lo, &hi);
	scale_count(in, hll_count(&in->i->targets), in->i->targets.reg ? "HyperLogLog, 2048 registers" : "counted", out);
	if (lo < out->lo)
		out->lo = lo;
	if (hi > out->hi)
		out->hi = hi;
}

const struct feature feature_targets = { .name = "targets", .unit = "hosts", .help = "distinct victims", .measure = measure };
