#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct volume *v = &in->i->volume;

	scale_volume(in, v->packets, v->packets, in->i->doubt.packets + in->i->tail.packets, "flows that alerted; conversations beside a flood only upwards", out);
	out->lo = out->lo > in->i->clients.packets ? out->lo - in->i->clients.packets : 0;
}

const struct feature feature_volume_packets = { .name = "volume_packets", .unit = "packets", .help = "packets towards victims of flows that alerted", .measure = measure, .join = JOIN_SUM };
