/*
 * ipv4 - header, options, fragments (RFC 791).
 */
#include "engine/decode/layer.h"

#define OPT_EOL 0
#define OPT_NOP 1

/* Shortest and longest length of the options we know; 0 = not known. */
static void
option_range(uint8_t type, uint8_t *min, uint8_t *max)
{
	*min = *max = 0;
	switch (type) {
	case 7:   /* record route */
	case 131: /* loose, strict source route */
	case 137:
		*min = 3, *max = 39;
		break;
	case 25:  /* quick start */
		*min = *max = 8;
		break;
	case 68:  /* timestamp */
		*min = 5, *max = 40;
		break;
	case 130: /* security */
		*min = 3, *max = 40;
		break;
	case 133: /* extended security */
		*min = 3, *max = 40;
		break;
	case 134: /* CIPSO */
		*min = 6, *max = 40;
		break;
	case 136: /* stream id */
		*min = *max = 4;
		break;
	case 148: /* router alert */
		*min = *max = 4;
		break;
	}
}

/* Pointers of routes and timestamps are behind the header and not far behind the end. */
static bool
option_pointer_ok(uint8_t type, uint8_t len, struct span data)
{
	if (data.n == 0 || (type != 7 && type != 131 && type != 137 && type != 68))
		return true;
	uint8_t first = type == 68 ? 5 : 4;
	return data.p[0] >= first && data.p[0] <= len + 1;
}

static void
option(struct packet *p, uint8_t type, uint8_t len, struct span data)
{
	uint32_t bit = UINT32_C(1) << (type & 31);
	uint8_t min, max;

	option_range(type, &min, &max);
	if (max == 0) {
		packet_event_set(p, EV_IPV4_OPT_UNKNOWN);
	} else if (p->ip_options_seen[type >> 5] & bit) {
		packet_event_set(p, EV_IPV4_OPT_DUPLICATE);
	} else if (len < min || len > max) {
		packet_event_set(p, EV_IPV4_OPT_INVALID_LEN);
	} else if (!option_pointer_ok(type, len, data)) {
		packet_event_set(p, EV_IPV4_OPT_MALFORMED);
	}
	p->ip_options_seen[type >> 5] |= bit;
}

static void
options(struct packet *p, struct span in)
{
	struct rd r = rd_of(in);

	if (in.n % 8)
		packet_event_set(p, EV_IPV4_OPT_PAD_REQUIRED);
	while (rd_left(&r) > 0) {
		uint8_t type = rd_u8(&r);

		if (type == OPT_EOL || type == OPT_NOP) {
			p->ip_options_seen[0] |= UINT32_C(1) << type;
			if (type == OPT_EOL)
				return;
			continue;
		}
		if (rd_left(&r) == 0) { /* no room for a length: only an end could stand here */
			packet_event_set(p, EV_IPV4_OPT_EOL_REQUIRED);
			return;
		}
		uint8_t len = rd_u8(&r);
		struct span data = rd_span(&r, len < 2 ? UINT32_MAX : len - 2u);
		if (r.bad) {
			packet_event_set(p, EV_IPV4_OPT_INVALID_LEN);
			return;
		}
		option(p, type, len, data);
	}
}

static void
fragment(struct decode *d, struct packet *p)
{
	struct fragment f = {
		.header = p->l3_header,
		.data = span_skip(p->l3, p->l3_header.n),
		.offset = (uint32_t) p->frag_offset * 8,
		.more = p->ip_flags & 1,
		.id = p->ip_id,
	};

	p->flags |= PACKET_FRAGMENT;
	counter_inc(d->cnt, C_DEFRAG_FRAGMENTS4);
	defrag_add(d, p, &f);
}

bool
layer_ipv4_decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 20) /* known here, no field below asks again */
		return decode_bad(p, EV_IPV4_PKT_TOO_SMALL);
	struct rd r = rd_of(in);
	uint8_t first = rd_u8(&r), tos = rd_u8(&r);
	uint16_t len = rd_u16(&r), id = rd_u16(&r), frag = rd_u16(&r);
	uint8_t ttl = rd_u8(&r), proto = rd_u8(&r);
	uint32_t hlen = (first & 0xfu) * 4;

	rd_skip(&r, 2);
	struct span src = rd_span(&r, 4), dst = rd_span(&r, 4);
	if (first >> 4 != 4)
		return decode_bad(p, EV_IPV4_WRONG_IP_VERSION);
	if (hlen < 20)
		return decode_bad(p, EV_IPV4_HLEN_TOO_SMALL);
	if (len < hlen)
		return decode_bad(p, EV_IPV4_IPLEN_SMALLER_THAN_HLEN);
	if (len > in.n)
		return decode_bad(p, EV_IPV4_TRUNC_PKT);
	counter_inc(d->cnt, C_DECODE_IPV4);
	p->ip_version = 4;
	p->ethertype = 0x0800;
	p->tos = tos;
	p->ttl = ttl;
	p->proto = proto;
	p->ip_id = id;
	p->ip_flags = (uint8_t) (frag >> 13);
	p->frag_offset = frag & 0x1fff;
	p->src = addr_v4(src.p);
	p->dst = addr_v4(dst.p);
	p->l3 = span_head(in, len);
	p->l3_header = span_head(in, hlen);
	if (hlen > 20)
		options(p, span_skip(p->l3_header, 20));
	if (p->frag_offset || p->ip_flags & 1) {
		fragment(d, p);
		return true;
	}
	if (proto == 58) {
		packet_event_set(p, EV_IPV4_ICMPV6);
		p->l4 = span_skip(p->l3, hlen);
		return true;
	}
	decode_protocol(d, p, span_skip(p->l3, hlen));
	return true;
}

const struct layer layer_ipv4 = {
	.name = "ipv4",
	.decode = layer_ipv4_decode,
	.ethertypes = (const uint16_t[]) { 0x0800, LAYER_END },
};
