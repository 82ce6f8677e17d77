#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_things(in, &in->i->targets, &in->i->some_targets, out);
}

const struct feature feature_targets = { .name = "targets", .unit = "hosts", .help = "distinct victims", .measure = measure, .join = JOIN_VICTIMS };
