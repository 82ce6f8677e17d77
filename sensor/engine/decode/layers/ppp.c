/*
 * ppp - protocol field of one or two bytes, address and control bytes where they are sent (RFC 1661, RFC 1662).
 */
#include "engine/decode/layer.h"

#define PPP_IPV4 0x0021
#define PPP_VJ_COMPRESSED 0x002d
#define PPP_VJ_UNCOMPRESSED 0x002f
#define PPP_IPV6 0x0057

/* Network protocols that exist and that we do not look into. */
static bool
is_known(uint16_t proto)
{
	static const uint16_t known[] = { 0x0023, 0x0025, 0x0027, 0x0029, 0x002b, 0x002d, 0x0031, 0x0033, 0x0035, 0x0037, 0x0039,
		0x003b, 0x003d, 0x003f, 0x0041, 0x0049, 0x004b, 0x0053, 0x0055, 0x00fb, 0x00fd, 0x0281, 0x0283 };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == proto)
			return true;
	return false;
}

/* Network control (0x8xxx) and link layer (0xcxxx) protocols: the link's own talk (RFC 1661 section 2). */
static bool
is_control(uint16_t proto)
{
	return proto >> 12 == 0x8 || proto >> 12 == 0xc;
}

static bool
decode_payload(struct decode *d, struct packet *p, uint16_t proto, struct span in)
{
	switch (proto) {
	case PPP_VJ_UNCOMPRESSED:
		if (in.n < 20)
			return decode_bad(p, EV_PPP_VJU_PKT_TOO_SMALL);
		/* The protocol field of the IP header holds the connection number here (RFC 1144): what it was is known. */
		if (in.p[0] >> 4 != 4)
			return true;
		return decode_enter(d, p) && layer_ipv4_decode(d, p, in);
	case PPP_IPV4:
		if (in.n < 20)
			return decode_bad(p, EV_PPP_IP4_PKT_TOO_SMALL);
		return decode_enter(d, p) && layer_ipv4_decode(d, p, in);
	case PPP_IPV6:
		if (in.n < 40)
			return decode_bad(p, EV_PPP_IP6_PKT_TOO_SMALL);
		return decode_enter(d, p) && layer_ipv6_decode(d, p, in);
	}
	if (is_control(proto))
		return true;
	if (is_known(proto)) {
		packet_event_set(p, EV_PPP_UNSUP_PROTO);
		return true;
	}
	return decode_bad(p, EV_PPP_WRONG_TYPE);
}

bool
layer_ppp_decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t proto;

	if (in.n >= 2 && in.p[0] == 0xff && in.p[1] == 0x03)
		rd_skip(&r, 2);
	proto = rd_u8(&r);
	if (!(proto & 1)) /* the last byte of the field is odd */
		proto = (uint16_t) (proto << 8 | rd_u8(&r));
	if (r.bad)
		return decode_bad(p, EV_PPP_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_PPP);
	return decode_payload(d, p, proto, rd_rest(&r));
}

/* DLT_PPP_SERIAL carries PPP or, told by the first byte, Cisco's HDLC. */
static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	if (d->frame->linktype == 50 && in.n > 0 && (in.p[0] == 0x0f || in.p[0] == 0x8f))
		return layer_chdlc_decode(d, p, in);
	return layer_ppp_decode(d, p, in);
}

const struct layer layer_ppp = {
	.name = "ppp",
	.decode = decode,
	.linktypes = (const uint16_t[]) { 9, 50, 166, LAYER_END },
};
