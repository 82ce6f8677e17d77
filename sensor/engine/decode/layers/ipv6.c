/*
 * ipv6 - header, extension headers, fragments (RFC 8200; RFC 4302 for AH, RFC 5095 for routing type 0).
 */
#include "engine/decode/layer.h"

#define NH_HOP 0
#define NH_IPV4 4
#define NH_IPV6 41
#define NH_ROUTING 43
#define NH_FRAGMENT 44
#define NH_ESP 50
#define NH_AH 51
#define NH_NONE 59
#define NH_DSTOPTS 60
#define NH_MOBILITY 135
#define NH_HIP 139
#define NH_SHIM6 140

/* What was met on the way through the extension headers. */
struct walk {
	struct rd r;
	uint8_t next;
	uint32_t next_at;   /* where that number stands, from the IPv6 header on */
	unsigned hop, dst, routing, ah, frag;
	struct fragment f;
};

/* Options of hop-by-hop and destination headers (RFC 8200 section 4.2). */
static bool
options(struct packet *p, struct span in, bool hop)
{
	struct rd r = rd_of(in);
	bool other = false;

	while (rd_left(&r) > 0) {
		uint8_t type = rd_u8(&r), len;

		if (type == 0)
			continue;
		len = rd_u8(&r);
		rd_skip(&r, len);
		if (r.bad) {
			packet_event_set(p, EV_IPV6_EXTHDR_INVALID_OPTLEN);
			return false;
		}
		if (type == 1) {
			if (len == 0)
				packet_event_set(p, EV_IPV6_ZERO_LEN_PADN);
			continue;
		}
		other = true;
		if ((type == 5 && len != 2) || (type == 0xc2 && len != 4) || (type == 0xc9 && len != 16))
			packet_event_set(p, EV_IPV6_EXTHDR_INVALID_OPTLEN);
		else if (type != 5 && type != 0xc2 && type != 0xc9)
			packet_event_set(p, hop ? EV_IPV6_HOPOPTS_UNKNOWN_OPT : EV_IPV6_DSTOPTS_UNKNOWN_OPT);
	}
	if (!other)
		packet_event_set(p, hop ? EV_IPV6_HOPOPTS_ONLY_PADDING : EV_IPV6_DSTOPTS_ONLY_PADDING);
	return true;
}

static bool
truncated(struct packet *p)
{
	return decode_bad(p, EV_IPV6_TRUNC_EXTHDR);
}

/* One header of the usual shape: next, length in units behind the first `base` bytes. */
static bool
plain_header(struct packet *p, struct walk *w, unsigned unit, unsigned base)
{
	uint32_t at = (uint32_t) (w->r.p - p->l3.p);
	uint8_t kind = w->next;
	struct rd *r = &w->r;

	w->next = rd_u8(r);
	uint32_t len = rd_u8(r) * unit + base - 2;
	struct span body = rd_span(r, len);
	if (r->bad)
		return truncated(p);
	w->next_at = at;
	switch (kind) {
	case NH_HOP:
		if (w->hop++)
			packet_event_set(p, EV_IPV6_EXTHDR_DUPL_HH);
		else
			return options(p, body, true);
		break;
	case NH_DSTOPTS: /* twice is right: before routing and at the end */
		if (w->dst++ > 1)
			packet_event_set(p, EV_IPV6_EXTHDR_DUPL_DH);
		else
			return options(p, body, false);
		break;
	case NH_ROUTING:
		if (w->routing++)
			packet_event_set(p, EV_IPV6_EXTHDR_DUPL_RH);
		else if (body.p[0] == 0)
			packet_event_set(p, EV_IPV6_RH_TYPE_0);
		break;
	case NH_AH:
		if (w->ah++)
			packet_event_set(p, EV_IPV6_EXTHDR_DUPL_AH);
		else if (body.n >= 2 && (body.p[0] || body.p[1]))
			packet_event_set(p, EV_IPV6_EXTHDR_AH_RES_NOT_NULL);
		break;
	}
	return true;
}

/* true: go on with what follows; false: the rest is data of a fragment, or nothing. */
static bool
fragment_header(struct packet *p, struct walk *w)
{
	struct rd *r = &w->r;
	uint32_t before = (uint32_t) (r->p - p->l3.p);
	uint8_t next = rd_u8(r), reserved = rd_u8(r);
	uint16_t bits = rd_u16(r);
	uint32_t id = rd_u32(r);

	if (r->bad)
		return truncated(p);
	if (w->frag++) {
		packet_event_set(p, EV_IPV6_EXTHDR_DUPL_FH);
		w->next = next;
		return true;
	}
	if (reserved)
		packet_event_set(p, EV_IPV6_FH_NON_ZERO_RESERVED_FIELD);
	p->frag_offset = bits >> 3;
	p->ip_flags = bits & 1;
	w->f = (struct fragment) {
		.header = span_head(p->l3, before),
		.data = rd_rest(r),
		.offset = bits & 0xfff8u,
		.more = bits & 1,
		.next_proto = next,
		.next_at = w->next_at,
		.id = id,
	};
	w->next = next;
	if (!(bits & 0xfff9)) { /* an "atomic" fragment is a whole packet (RFC 6946) */
		packet_event_set(p, EV_IPV6_EXTHDR_USELESS_FH);
		return true;
	}
	p->flags |= PACKET_FRAGMENT;
	return w->f.offset == 0;
}

/* Walks to the transport header. false: nothing (more) to decode. */
static bool
walk(struct packet *p, struct walk *w)
{
	/* Every header takes 8 bytes at least, so this ends. */
	for (bool extended = false;; extended = true) {
		if (extended && w->next != NH_NONE && rd_left(&w->r) < 2) {
			/* A fragment without data is judged as such. */
			return p->flags & PACKET_FRAGMENT ? false : truncated(p);
		}
		switch (w->next) {
		case NH_HOP: case NH_ROUTING: case NH_DSTOPTS: case NH_MOBILITY: case NH_HIP: case NH_SHIM6:
			if (!plain_header(p, w, 8, 8))
				return false;
			break;
		case NH_AH:
			if (!plain_header(p, w, 4, 8))
				return false;
			break;
		case NH_FRAGMENT:
			if (!fragment_header(p, w))
				return false;
			break;
		case NH_NONE:
			if (rd_left(&w->r) > 0)
				packet_event_set(p, EV_IPV6_DATA_AFTER_NONE_HEADER);
			return true;
		default:
			return true;
		}
	}
}

static void
transport(struct decode *d, struct packet *p, struct span in)
{
	if (p->proto == 1)
		packet_event_set(p, EV_IPV6_ICMPV4);
	else if (p->proto == NH_NONE)
		p->l4 = in;
	else if (!d->by_protocol[p->proto])
		packet_event_set(p, EV_IPV6_UNKNOWN_NEXT_HEADER);
	if (p->proto == 1 || p->proto == NH_NONE)
		return;
	decode_protocol(d, p, in);
}

static void
fragment(struct decode *d, struct packet *p, const struct walk *w)
{
	counter_inc(d->cnt, C_DEFRAG_FRAGMENTS6);
	if (w->f.more && w->f.data.n % 8) {
		packet_event_set(p, EV_IPV6_FRAG_INVALID_LENGTH);
		counter_inc(d->cnt, C_DEFRAG_IGNORED);
		return;
	}
	defrag_add(d, p, &w->f);
}

bool
layer_ipv6_decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint32_t first = rd_u32(&r);
	uint16_t len = rd_u16(&r);
	uint8_t next = rd_u8(&r), hops = rd_u8(&r);
	struct span src = rd_span(&r, 16), dst = rd_span(&r, 16);
	bool found;

	if (r.bad)
		return decode_bad(p, EV_IPV6_PKT_TOO_SMALL);
	if (first >> 28 != 6)
		return decode_bad(p, EV_IPV6_WRONG_IP_VERSION);
	if (len > rd_left(&r))
		return decode_bad(p, EV_IPV6_TRUNC_PKT);
	counter_inc(d->cnt, C_DECODE_IPV6);
	p->ip_version = 6;
	p->ethertype = 0x86dd;
	p->tos = (uint8_t) (first >> 20);
	p->ttl = hops;
	memcpy(p->src.b, src.p, 16);
	memcpy(p->dst.b, dst.p, 16);
	p->l3 = span_head(in, 40u + len);
	struct walk w = { .r = rd_of(span_skip(p->l3, 40)), .next = next, .next_at = 6 };
	found = walk(p, &w);
	p->proto = w.next;
	p->l3_header = span_head(p->l3, (uint32_t) (w.r.p - p->l3.p));
	if (p->flags & PACKET_FRAGMENT)
		fragment(d, p, &w);
	else if (found)
		transport(d, p, rd_rest(&w.r));
	return true;
}

const struct layer layer_ipv6 = {
	.name = "ipv6",
	.decode = layer_ipv6_decode,
	.ethertypes = (const uint16_t[]) { 0x86dd, LAYER_END },
};
