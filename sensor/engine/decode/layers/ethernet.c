/*
 * ethernet - destination, source, EtherType (IEEE 802.3 clause 3). Lengths (802.3 with LLC) are not looked into.
 */
#include "engine/decode/layer.h"

bool
layer_ethernet_decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 14)
		return decode_bad(p, EV_ETHERNET_PKT_TOO_SMALL);
	struct rd r = rd_of(in);
	struct span dst = rd_span(&r, 6), src = rd_span(&r, 6);
	uint16_t type = rd_u16(&r);

	counter_inc(d->cnt, C_DECODE_ETHERNET);
	p->has_mac = true;
	memcpy(p->mac_dst, dst.p, 6);
	memcpy(p->mac_src, src.p, 6);
	if (!decode_ethertype(d, p, type, rd_rest(&r)))
		packet_event_set(p, EV_ETHERNET_UNKNOWN_ETHERTYPE);
	return true;
}

const struct layer layer_ethernet = {
	.name = "ethernet",
	.decode = layer_ethernet_decode,
	.linktypes = (const uint16_t[]) { 1, LAYER_END },
	.ethertypes = (const uint16_t[]) { 0x6558, LAYER_END }, /* transparent bridging */
};
