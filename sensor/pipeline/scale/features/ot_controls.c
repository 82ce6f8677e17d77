#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, incident_ot(in->i, OT_CONTROL), "ended flows, the largest one going on", 1, out);
}

const struct feature feature_ot_controls = { .name = "ot_controls", .unit = "operations", .help = "control-system commands to equipment between hosts of the incident", .measure = measure, .join = JOIN_SUM };
