/*
 * sctp - common header of 12 bytes (RFC 9260 section 3.1); the chunks are the payload.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 12)
		return decode_bad(p, EV_SCTP_PKT_TOO_SMALL);
	struct rd r = rd_of(in);
	counter_inc(d->cnt, C_DECODE_SCTP);
	p->sport = rd_u16(&r);
	p->dport = rd_u16(&r);
	p->l4_header = span_head(in, 12);
	p->payload = span_skip(in, 12);
	return true;
}

const struct layer layer_sctp = {
	.name = "sctp",
	.decode = decode,
	.protocols = (const uint16_t[]) { 132, LAYER_END },
};
