#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, in->i->peak_pps, "largest sum of one second", 1, out);
	out->known = in->i->peak_pps > 0;
}

const struct feature feature_peak_pps = { .name = "peak_pps", .unit = "packet/s", .help = "highest packet rate of one second towards its assets", .measure = measure, .join = JOIN_PEAK };
