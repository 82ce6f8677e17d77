#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, incident_ot(in->i, OT_READ), "ended flows, the largest one going on", 1, out);
}

const struct feature feature_ot_reads = { .name = "ot_reads", .unit = "operations", .help = "control-system reads between hosts of the incident", .measure = measure, .join = JOIN_SUM };
