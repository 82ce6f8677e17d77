#include "pipeline/scale/scale.h"

static void
measure(const struct scale_in *in, struct fact *out)
{
	scale_count(in, (double) in->i->bytes_called_out, "payload of ended flows", SCALE_PACKET, out);
	scale_one_sided(in, out);
}

const struct feature feature_bytes_called_out = { .name = "bytes_called_out", .unit = "bytes", .help = "payload bytes that victims sent in flows they began towards attackers", .measure = measure, .join = JOIN_SUM };
