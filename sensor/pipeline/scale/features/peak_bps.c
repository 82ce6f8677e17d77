#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, in->i->peak_bps, "largest sum of one second, layer 3", 8 * SCALE_PACKET, out);
	out->known = in->i->peak_bps > 0;
}

const struct feature feature_peak_bps = { .name = "peak_bps", .unit = "bit/s", .help = "highest traffic of one second towards its assets", .measure = measure, .join = JOIN_PEAK };
