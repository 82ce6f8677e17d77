#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double lo, hi;

	const char *method = in->i->targets.reg ? "HyperLogLog, 2048 registers" : "counted";
	struct fact most;

	hll_bounds(&in->i->targets, &lo, &hi);
	scale_count(in, hll_count(&in->i->targets), method, 1, out);
	scale_count(in, hi, method, 1, &most);
	out->lo = lo;
	out->hi = most.hi;
}

const struct feature feature_targets = { .name = "targets", .unit = "hosts", .help = "distinct victims", .measure = measure };
