#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_exact((double) in->i->n_sids, "counted", out);
}

const struct feature feature_signatures = { .name = "signatures", .unit = "signatures", .help = "different signatures that told of it", .measure = measure, .join = JOIN_SIGNATURES };
