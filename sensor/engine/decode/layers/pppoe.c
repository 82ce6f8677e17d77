/*
 * pppoe - PPP over Ethernet, discovery and session (RFC 2516).
 */
#include "engine/decode/layer.h"

#define PPPOE_DISCOVERY 0x8863

static bool
is_discovery_code(uint8_t code)
{
	return code == 0x09 || code == 0x07 || code == 0x19 || code == 0x65 || code == 0xa7;
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in), tags;
	rd_skip(&r, 1);
	uint8_t code = rd_u8(&r);
	rd_skip(&r, 2);
	uint16_t len = rd_u16(&r);

	if (r.bad || (p->ethertype != PPPOE_DISCOVERY && rd_left(&r) == 0))
		return decode_bad(p, EV_PPPOE_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_PPPOE);
	if (p->ethertype != PPPOE_DISCOVERY)
		return decode_enter(d, p) && layer_ppp_decode(d, p, span_head(rd_rest(&r), len ? len : UINT32_MAX));
	if (!is_discovery_code(code))
		return decode_bad(p, EV_PPPOE_WRONG_CODE);
	tags = rd_of(rd_span(&r, len));
	while (!r.bad && rd_left(&tags) > 0) {
		rd_skip(&tags, 2);
		rd_skip(&tags, rd_u16(&tags));
		if (tags.bad)
			break;
	}
	return r.bad || tags.bad ? decode_bad(p, EV_PPPOE_MALFORMED_TAGS) : true;
}

const struct layer layer_pppoe = {
	.name = "pppoe",
	.decode = decode,
	.ethertypes = (const uint16_t[]) { PPPOE_DISCOVERY, 0x8864, LAYER_END },
};
