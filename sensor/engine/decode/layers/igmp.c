/*
 * igmp - 8 bytes at least (RFC 3376 section 4).
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 8)
		return decode_bad(p, EV_IGMP_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_IGMP);
	p->l4_header = span_head(in, 8);
	return true;
}

const struct layer layer_igmp = {
	.name = "igmp",
	.decode = decode,
	.protocols = (const uint16_t[]) { 2, LAYER_END },
};
