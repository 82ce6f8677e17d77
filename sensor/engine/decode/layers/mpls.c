/*
 * mpls - label stack (RFC 3032); what follows is guessed: IPv4, IPv6 or Ethernet behind a control word (RFC 4385).
 */
#include "engine/decode/layer.h"

#define LABEL_IPV4_NULL 0u
#define LABEL_ROUTER_ALERT 1u
#define LABEL_IPV6_NULL 2u
#define LABEL_IMPLICIT_NULL 3u
#define LABEL_FIRST_FREE 16u

static bool
guess(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 4)
		return decode_bad(p, EV_MPLS_PKT_TOO_SMALL);
	if (!decode_enter(d, p))
		return false;
	switch (in.p[0] >> 4) {
	case 4:
		return layer_ipv4_decode(d, p, in);
	case 6:
		return layer_ipv6_decode(d, p, in);
	case 0:
		return layer_ethernet_decode(d, p, span_skip(in, 4));
	}
	return decode_bad(p, EV_MPLS_UNKNOWN_PAYLOAD_TYPE);
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint32_t entry, label;

	do
		entry = rd_u32(&r);
	while (!r.bad && !(entry & 0x100));
	if (r.bad)
		return decode_bad(p, EV_MPLS_HEADER_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_MPLS);
	label = entry >> 12;
	if (label >= LABEL_FIRST_FREE)
		return guess(d, p, rd_rest(&r));
	switch (label) {
	case LABEL_IPV4_NULL:
		return decode_enter(d, p) && layer_ipv4_decode(d, p, rd_rest(&r));
	case LABEL_IPV6_NULL:
		return decode_enter(d, p) && layer_ipv6_decode(d, p, rd_rest(&r));
	case LABEL_ROUTER_ALERT: /* must not be the last one */
		packet_event_set(p, EV_MPLS_BAD_LABEL_ROUTER_ALERT);
		return guess(d, p, rd_rest(&r));
	case LABEL_IMPLICIT_NULL: /* is never on the wire */
		packet_event_set(p, EV_MPLS_BAD_LABEL_IMPLICIT_NULL);
		return true;
	}
	packet_event_set(p, EV_MPLS_BAD_LABEL_RESERVED);
	return guess(d, p, rd_rest(&r));
}

const struct layer layer_mpls = {
	.name = "mpls",
	.decode = decode,
	.ethertypes = (const uint16_t[]) { 0x8847, 0x8848, LAYER_END },
};
