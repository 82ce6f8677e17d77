#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct incident *i = in->i;
	double best = 0;

	for (uint32_t k = 1; k < i->n_doubled; k++) {
		double s = (double) (i->doubled_at[k] - i->doubled_at[k - 1]) / 1e9;
		if (k == 1 || s < best)
			best = s;
	}
	scale_exact(best, "times at which 1, 2, 4, 8 ... victims were known", out);
	out->known = i->n_doubled > 1;
}

const struct feature feature_doubling_s = { .name = "doubling_s", .unit = "s", .help = "time in which the number of victims doubled, at its fastest", .measure = measure };
