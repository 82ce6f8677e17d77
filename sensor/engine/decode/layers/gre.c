/*
 * gre - versions 0 (RFC 2784, RFC 2890; routing of RFC 1701) and 1 (PPTP, RFC 2637).
 */
#include "engine/decode/layer.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY 0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_STRICT 0x0800
#define GRE_RECURSION 0x0700
#define GRE_ACK 0x0080

/* The source route entries end with one of family and length 0. */
static bool
skip_routes(struct rd *r)
{
	for (;;) {
		uint16_t family = rd_u16(r);
		rd_skip(r, 1);
		uint8_t len = rd_u8(r);

		if (r->bad || (family == 0 && len == 0))
			return !r->bad;
		rd_skip(r, len);
	}
}

static bool
payload(struct decode *d, struct packet *p, uint16_t flags, uint16_t type, struct span in)
{
	static const struct {
		uint16_t type;
		layer_fn *fn;
	} kinds[] = {
		{ 0x0800, layer_ipv4_decode }, { 0x0806, layer_arp_decode }, { 0x86dd, layer_ipv6_decode }, { 0x880b, layer_ppp_decode }, { 0x8100, layer_vlan_decode },
		{ 0x6558, layer_ethernet_decode }, { 0x22eb, layer_erspan3_decode },
	};

	if (type == 0x88be) {
		if (flags & GRE_SEQUENCE)
			decode_tunnel(d, p, in, PKT_SRC_ERSPAN, layer_erspan2_decode);
		else if (d->conf.erspan_typei)
			decode_tunnel(d, p, in, PKT_SRC_ERSPAN, layer_erspan1_decode);
		return true;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].type == type)
			decode_tunnel(d, p, in, type == 0x22eb ? PKT_SRC_ERSPAN : PKT_SRC_GRE, kinds[i].fn);
	return true;
}

static bool
version0(struct decode *d, struct packet *p, uint16_t flags, uint16_t type, struct rd r, struct span in)
{
	if (flags & GRE_RECURSION)
		return decode_bad(p, EV_GRE_VERSION0_RECUR);
	if (flags & 0x00f8)
		return decode_bad(p, EV_GRE_VERSION0_FLAGS);
	rd_skip(&r, (flags & (GRE_CHECKSUM | GRE_ROUTING) ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) + (flags & GRE_SEQUENCE ? 4 : 0));
	if (r.bad)
		return decode_bad(p, EV_GRE_VERSION0_HDR_TOO_BIG);
	if (flags & GRE_ROUTING && !skip_routes(&r))
		return decode_bad(p, EV_GRE_VERSION0_MALFORMED_SRE_HDR);
	p->l4_header = span_head(in, in.n - rd_left(&r));
	return payload(d, p, flags, type, rd_rest(&r));
}

static bool
version1(struct decode *d, struct packet *p, uint16_t flags, uint16_t type, struct rd r, struct span in)
{
	if (flags & GRE_CHECKSUM)
		return decode_bad(p, EV_GRE_VERSION1_CHKSUM);
	if (flags & GRE_ROUTING)
		return decode_bad(p, EV_GRE_VERSION1_ROUTE);
	if (flags & GRE_STRICT)
		return decode_bad(p, EV_GRE_VERSION1_SSR);
	if (flags & GRE_RECURSION)
		return decode_bad(p, EV_GRE_VERSION1_RECUR);
	if (flags & 0x0078)
		return decode_bad(p, EV_GRE_VERSION1_FLAGS);
	if (type != 0x880b)
		return decode_bad(p, EV_GRE_VERSION1_WRONG_PROTOCOL);
	if (!(flags & GRE_KEY))
		return decode_bad(p, EV_GRE_VERSION1_NO_KEY);
	rd_skip(&r, 4 + (flags & GRE_SEQUENCE ? 4 : 0) + (flags & GRE_ACK ? 4 : 0));
	if (r.bad)
		return decode_bad(p, EV_GRE_VERSION1_HDR_TOO_BIG);
	p->l4_header = span_head(in, in.n - rd_left(&r));
	if (!(flags & GRE_SEQUENCE)) /* an acknowledgment alone */
		return true;
	return payload(d, p, flags, type, rd_rest(&r));
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t flags = rd_u16(&r), type = rd_u16(&r);

	if (r.bad)
		return decode_bad(p, EV_GRE_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_GRE);
	switch (flags & 7) {
	case 0:
		return version0(d, p, flags, type, r, in);
	case 1:
		return version1(d, p, flags, type, r, in);
	}
	return decode_bad(p, EV_GRE_WRONG_VERSION);
}

const struct layer layer_gre = {
	.name = "gre",
	.decode = decode,
	.protocols = (const uint16_t[]) { 47, LAYER_END },
};
