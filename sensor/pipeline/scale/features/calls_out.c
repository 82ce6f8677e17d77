#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, (double) in->i->calls_out, "ended flows with payload both ways", 1, out);
	scale_one_sided(in, out);
}

const struct feature feature_calls_out = { .name = "calls_out", .unit = "flows", .help = "answered flows that victims began towards attackers", .measure = measure, .join = JOIN_SUM };
