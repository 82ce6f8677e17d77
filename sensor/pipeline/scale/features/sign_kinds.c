#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	double kinds = 0, flows = (double) in->i->n_sign_flows;

	for (uint8_t k = 0; k < in->effects->n; k++)
		kinds += in->i->effects >> k & 1 && !in->effects->effect[k].attempt;
	scale_exact(kinds < flows ? kinds : flows, "effect classes of the alerts, and their flows", out);
}

const struct feature feature_sign_kinds = { .name = "sign_kinds", .unit = "kinds", .help = "kinds of effect beyond an attempt, seen in different flows: one packet is one piece of evidence", .measure = measure, .join = JOIN_KINDS };
