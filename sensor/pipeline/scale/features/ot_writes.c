#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, incident_ot(in->i, OT_WRITE), "ended flows, the largest one going on", 1, out);
}

const struct feature feature_ot_writes = { .name = "ot_writes", .unit = "operations", .help = "control-system writes of process values between hosts of the incident", .measure = measure, .join = JOIN_SUM };
