/*
 * ieee8021ah - provider backbone bridging: 4 bytes of I-TAG, the customer's Ethernet header (IEEE 802.1ah).
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	rd_skip(&r, 4);
	struct span dst = rd_span(&r, 6), src = rd_span(&r, 6);
	uint16_t type = rd_u16(&r);

	if (r.bad)
		return decode_bad(p, EV_IEEE8021AH_HEADER_TOO_SMALL);
	memcpy(p->mac_dst, dst.p, 6);
	memcpy(p->mac_src, src.p, 6);
	if (!decode_ethertype(d, p, type, rd_rest(&r)))
		packet_event_set(p, EV_ETHERNET_UNKNOWN_ETHERTYPE);
	return true;
}

const struct layer layer_ieee8021ah = {
	.name = "ieee8021ah",
	.decode = decode,
	.ethertypes = (const uint16_t[]) { 0x88e7, LAYER_END },
};
