#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double lo, hi;

	const char *method = in->i->sources.reg ? "HyperLogLog, 2048 registers" : "counted";
	struct fact most;

	hll_bounds(&in->i->sources, &lo, &hi);
	scale_count(in, hll_count(&in->i->sources), method, 1, out);
	scale_count(in, hi, method, 1, &most);
	out->lo = lo;
	out->hi = most.hi;
}

const struct feature feature_sources = { .name = "sources", .unit = "hosts", .help = "distinct addresses that attacked; a spoofed one counts like any other", .measure = measure };
