/*
 * udp - ports, length, checksum (RFC 768). Bytes behind the length are not payload.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t sport = rd_u16(&r), dport = rd_u16(&r), len = rd_u16(&r);

	rd_skip(&r, 2);
	if (r.bad)
		return decode_bad(p, EV_UDP_HLEN_TOO_SMALL);
	if (in.n < len)
		return decode_bad(p, EV_UDP_PKT_TOO_SMALL);
	if (len < 8)
		return decode_bad(p, EV_UDP_LEN_INVALID);
	if (in.n != len)
		packet_event_set(p, EV_UDP_HLEN_INVALID);
	counter_inc(d->cnt, C_DECODE_UDP);
	p->sport = sport;
	p->dport = dport;
	p->l4 = span_head(in, len);
	p->l4_header = span_head(in, 8);
	p->payload = span_skip(p->l4, 8);
	decode_udp_hooks(d, p);
	return true;
}

const struct layer layer_udp = {
	.name = "udp",
	.decode = decode,
	.protocols = (const uint16_t[]) { 17, LAYER_END },
};
