/*
 * icmpv6 - type, code, and the packet that an error quotes (RFC 4443; RFC 4861, RFC 2710, RFC 3810).
 */
#include "engine/decode/layer.h"

/* Highest code of each type that is known; -1: the type is not. */
static int
max_code(uint8_t type)
{
	switch (type) {
	case 1:
		return 8;
	case 2: case 128: case 129: case 130: case 131: case 132: case 133: case 134: case 135: case 136: case 137:
	case 141: case 142: case 143: case 144: case 145: case 146: case 147: case 148: case 149: case 151: case 152: case 153: case 154:
		return 0;
	case 3:
		return 1;
	case 4:
		return 10;
	case 138:
		return 255;
	case 139: case 140:
		return 2;
	}
	return type >= 150 && type <= 161 ? 255 : -1;
}

static void
check_type(struct packet *p)
{
	uint8_t type = p->icmp_type;

	if (type == 100 || type == 101 || type == 200 || type == 201)
		packet_event_set(p, EV_ICMPV6_EXPERIMENTATION_TYPE);
	else if ((type >= 5 && type < 100) || (type > 101 && type < 127) || (type > 161 && type < 200) || (type > 201 && type < 255))
		packet_event_set(p, EV_ICMPV6_UNASSIGNED_TYPE);
	else if (max_code(type) < 0)
		packet_event_set(p, EV_ICMPV6_UNKNOWN_TYPE);
	else if (p->icmp_code > max_code(type))
		packet_event_set(p, EV_ICMPV6_UNKNOWN_CODE);
	if (((type >= 130 && type <= 132) || type == 143) && p->ttl != 1)
		packet_event_set(p, EV_ICMPV6_MLD_MESSAGE_WITH_INVALID_HL);
}

static void
quoted(struct packet *p, struct span in)
{
	if (in.n < 40)
		packet_event_set(p, EV_ICMPV6_IPV6_TRUNC_PKT);
	else if (in.p[0] >> 4 != 6)
		packet_event_set(p, EV_ICMPV6_IPV6_UNKNOWN_VERSION);
	else
		p->icmp_inner = in;
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint8_t type = rd_u8(&r), code = rd_u8(&r);

	rd_skip(&r, 2);
	uint16_t id = rd_u16(&r), seq = rd_u16(&r);
	if (r.bad)
		return decode_bad(p, EV_ICMPV6_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_ICMPV6);
	p->icmp_type = type;
	p->icmp_code = code;
	p->l4_header = span_head(in, 8);
	p->payload = span_skip(in, 8);
	check_type(p);
	if (type >= 1 && type <= 4) {
		quoted(p, p->payload);
	} else if (type == 128 || type == 129) {
		p->icmp_id = id;
		p->icmp_seq = seq;
	}
	return true;
}

const struct layer layer_icmpv6 = {
	.name = "icmpv6",
	.decode = decode,
	.protocols = (const uint16_t[]) { 58, LAYER_END },
};
