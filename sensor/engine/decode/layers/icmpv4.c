/*
 * icmpv4 - type, code, and the packet that an error quotes (RFC 792, RFC 1122 section 3.2.2, RFC 8335).
 */
#include "engine/decode/layer.h"

/* Highest code of each type that is known; -1: the type is not. */
static int
max_code(uint8_t type)
{
	switch (type) {
	case 0: case 4: case 8: case 10: case 13: case 14: case 15: case 16: case 17: case 18: case 30: case 42:
		return 0;
	case 3:
		return 15;
	case 5: case 12:
		return type == 5 ? 3 : 2;
	case 9:
		return 16;
	case 11:
		return 1;
	case 40:
		return 5;
	case 43:
		return 4;
	}
	return -1;
}

static bool
is_error(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static void
quoted(struct packet *p, struct span in)
{
	if (in.n == 0)
		return;
	if (in.n < 20)
		packet_event_set(p, EV_ICMPV4_IPV4_TRUNC_PKT);
	else if (in.p[0] >> 4 != 4)
		packet_event_set(p, EV_ICMPV4_IPV4_UNKNOWN_VER);
	else
		p->icmp_inner = in;
}

/* Bytes of the header beyond the first eight: addresses of a router advertisement (RFC 1256), times (RFC 792). */
static uint32_t
more_header(uint8_t type, struct span in)
{
	struct rd r = rd_of(in);
	uint32_t n = 0;

	rd_skip(&r, 4);
	if (type == 9) {
		n = rd_u8(&r);
		n *= rd_u8(&r) * 4u;
	} else if (type == 13 || type == 14) {
		n = 12;
	}
	return n <= in.n - 8 ? n : 0;
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 2);
	uint16_t id = rd_u16(&r), seq = rd_u16(&r);
	if (r.bad)
		return decode_bad(p, EV_ICMPV4_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_ICMPV4);
	p->icmp_type = type;
	p->icmp_code = code;
	p->l4_header = span_head(in, 8 + more_header(type, in));
	p->payload = span_skip(in, p->l4_header.n);
	if (max_code(type) < 0)
		packet_event_set(p, EV_ICMPV4_UNKNOWN_TYPE);
	else if (code > max_code(type))
		packet_event_set(p, EV_ICMPV4_UNKNOWN_CODE);
	if (is_error(type)) {
		if (code <= max_code(type)) /* else nobody knows what follows */
			quoted(p, p->payload);
	} else {
		p->icmp_id = id;
		p->icmp_seq = seq;
	}
	return true;
}

const struct layer layer_icmpv4 = {
	.name = "icmpv4",
	.decode = decode,
	.protocols = (const uint16_t[]) { 1, LAYER_END },
};
