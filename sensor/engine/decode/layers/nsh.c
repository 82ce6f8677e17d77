/*
 * nsh - Network Service Header (RFC 8300): version, length in words, metadata type, what follows.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t first = rd_u16(&r);
	uint8_t md_type = rd_u8(&r) & 0xf, next = rd_u8(&r);
	uint32_t len = (first & 0x3fu) * 4;

	rd_skip(&r, 4);
	if (r.bad)
		return decode_bad(p, EV_NSH_HEADER_TOO_SMALL);
	if (first >> 14 != 0)
		return decode_bad(p, EV_NSH_UNSUPPORTED_VERSION);
	if (len < 8 || len > in.n)
		return decode_bad(p, EV_NSH_BAD_HEADER_LENGTH);
	if (md_type == 0 || md_type == 0xf) {
		packet_event_set(p, EV_NSH_RESERVED_TYPE);
		return true;
	}
	if (md_type > 2) {
		packet_event_set(p, EV_NSH_UNSUPPORTED_TYPE);
		return true;
	}
	counter_inc(d->cnt, C_DECODE_NSH);
	switch (next) {
	case 1:
		return decode_enter(d, p) && layer_ipv4_decode(d, p, span_skip(in, len));
	case 2:
		return decode_enter(d, p) && layer_ipv6_decode(d, p, span_skip(in, len));
	case 3:
		return decode_enter(d, p) && layer_ethernet_decode(d, p, span_skip(in, len));
	case 5:
		decode_ethertype(d, p, 0x8847, span_skip(in, len));
		return true;
	}
	packet_event_set(p, EV_NSH_UNKNOWN_PAYLOAD);
	return true;
}

const struct layer layer_nsh = {
	.name = "nsh",
	.decode = decode,
	.ethertypes = (const uint16_t[]) { 0x894f, LAYER_END },
};
