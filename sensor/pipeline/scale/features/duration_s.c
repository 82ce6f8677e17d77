#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double s = (double) (in->i->last - in->i->first) / 1e9;
	double missed = scale_missed(in->cov);

	scale_exact(s, "first to last alert, packet time", out);
	if (in->i->alerts > 1) /* a sign before the first or after the last one seen may have been lost */
		out->hi = s * (1 + 2 * missed / (double) in->i->alerts);
}

const struct feature feature_duration_s = { .name = "duration_s", .unit = "s", .help = "time from the first to the last sign", .measure = measure };
