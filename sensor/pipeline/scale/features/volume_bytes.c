#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	const struct volume *v = &in->i->volume;

	scale_volume(in, v->bytes, v->squares, in->i->doubt.bytes + in->i->tail.bytes, "flows that alerted; conversations beside a flood only upwards", out);
	out->lo = out->lo > in->i->clients.bytes ? out->lo - in->i->clients.bytes : 0;
}

const struct feature feature_volume_bytes = { .name = "volume_bytes", .unit = "bytes", .help = "bytes towards victims of flows that alerted, from layer 3 on", .measure = measure, .join = JOIN_SUM };
