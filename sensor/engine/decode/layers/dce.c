/*
 * dce - Cisco FabricPath: 2 bytes (FTag, TTL), then a whole Ethernet frame.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 2)
		return decode_bad(p, EV_DCE_PKT_TOO_SMALL);
	return decode_enter(d, p) && layer_ethernet_decode(d, p, span_skip(in, 2));
}

const struct layer layer_dce = {
	.name = "dce",
	.decode = decode,
	.ethertypes = (const uint16_t[]) { 0x8903, LAYER_END },
};
