#include "pipeline/scale/scale.h"

#include <math.h>

static void
measure(const struct scale_in *in, struct fact *out)
{
	double s = (double) (in->i->last - in->i->first) / 1e9, missed = scale_missed(in->cov), signs = (double) in->i->alerts;

	scale_exact(s, "first to last alert, packet time", out);
	if (signs < 2 || missed <= 0)
		return;
	/* The real gap between signs is the seen one times the share seen; before the first and after the last one seen as many
	 * may have been missed as 95 % of such series have. */
	double gap = s / (signs - 1) * (1 - missed), unseen = log(0.025) / log(missed < 0.999 ? missed : 0.999);
	out->likely = s + 2 * gap * missed / (1 - missed > 0.001 ? 1 - missed : 0.001);
	out->hi = s + 2 * gap * unseen;
	if (out->likely > out->hi)
		out->likely = out->hi;
}

const struct feature feature_duration_s = { .name = "duration_s", .unit = "s", .help = "time from the first to the last sign", .measure = measure };
