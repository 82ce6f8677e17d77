#include "pipeline/scale/scale.h"

#include <math.h>

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct incident *i = in->i;
	double told = (double) (i->last - i->first) / 1e9, wide = i->from ? (double) (larger(i->till, i->last) - smaller(i->from, i->first)) / 1e9 : told;
	double signs = (double) i->signs, need = i->signs ? (double) i->needed / signs : 1, missed = scale_missed(in->cov);
	int64_t began = i->began && i->began < i->first ? i->began : i->first;

	scale_exact(told, "first to last alert; upwards to what its thresholds held back and its flows", out);
	out->likely = (double) (i->last - began) / 1e9;
	for (uint8_t k = 0; k < in->effects->n; k++) /* clients' packets count towards what a flood's rule holds */
		if (i->effects >> k & 1 && in->effects->effect[k].flood)
			out->lo = i->told_last > i->first ? (double) (i->told_last - i->first) / 1e9 : 0;
	out->hi = wide > out->likely ? wide : out->likely;
	if (signs < 2 || missed <= 0)
		return;
	/* The real gap between signs is the seen one times the share seen; before the first and after the last one seen as many
	 * may have been missed as 95 % of such series have. */
	missed = 1 - pow(1 - missed, need);
	missed = missed < 0.999 ? missed : 0.999;
	double gap = out->likely / (signs - 1) * (1 - missed), unseen = log(0.02) / log(missed);
	out->likely += 2 * gap * missed / (1 - missed);
	double early = i->sign_at[3] ? (double) (i->sign_at[3] - i->sign_at[0]) / 7e9 * (1 - missed) : gap; /* slower at first: it spreads */
	out->hi += (gap + (early > gap ? 2 * early : gap)) * unseen * (1 + 2 / sqrt(signs));
	if (out->likely > out->hi)
		out->likely = out->hi;
}

const struct feature feature_duration_s = { .name = "duration_s", .unit = "s", .help = "time from the first to the last packet of it", .measure = measure, .join = JOIN_SPAN };
