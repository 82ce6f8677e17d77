#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct incident *i = in->i;
	double least = 0, most = 0;

	for (uint32_t k = 1; k < i->n_doubled; k++) {
		double s = (double) (i->doubled_at[k] - i->doubled_at[k - 1]) / 1e9;
		least = k == 1 || s < least ? s : least;
		most = s > most ? s : most;
	}
	scale_exact(0, "times at which 1, 2, 4, 8 ... victims were known", out);
	out->known = i->n_doubled > 1;
	if (!out->known)
		return;
	out->lo = least;
	out->likely = (double) (i->doubled_at[i->n_doubled - 1] - i->doubled_at[0]) / 1e9 / (i->n_doubled - 1);
	out->hi = most;
}

const struct feature feature_doubling_s = { .name = "doubling_s", .unit = "s", .help = "time in which the number of victims doubled: at its fastest, in the mean, at its slowest", .measure = measure, .join = JOIN_LEAST };
