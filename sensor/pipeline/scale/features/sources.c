#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double lo, hi;

	hll_bounds(&in->i->sources, &lo, &hi);
	scale_count(in, hll_count(&in->i->sources), in->i->sources.reg ? "HyperLogLog, 2048 registers" : "counted", out);
	if (lo < out->lo)
		out->lo = lo;
	if (hi > out->hi)
		out->hi = hi;
}

const struct feature feature_sources = { .name = "sources", .unit = "hosts", .help = "distinct addresses that attacked; a spoofed one counts like any other", .measure = measure };
