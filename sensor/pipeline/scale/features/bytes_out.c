#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, (double) in->i->bytes_out, "payload of ended flows between hosts of the incident", SCALE_PACKET, out);
	scale_one_sided(in, out);
}

const struct feature feature_bytes_out = { .name = "bytes_out", .unit = "bytes", .help = "payload bytes from victims to attackers", .measure = measure, .join = JOIN_SUM };
