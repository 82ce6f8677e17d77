/*
 * vlan - IEEE 802.1Q and 802.1ad tags: priority, drop eligible, 12 bits of id, EtherType.
 */
#include "engine/decode/layer.h"

bool
layer_vlan_decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t tci = rd_u16(&r), type = rd_u16(&r);

	if (r.bad)
		return decode_bad(p, EV_VLAN_HEADER_TOO_SMALL);
	if (p->vlan_n == PACKET_VLANS)
		return decode_bad(p, EV_VLAN_TOO_MANY_LAYERS);
	counter_inc(d->cnt, C_DECODE_VLAN);
	p->vlan[p->vlan_n++] = tci & 0xfff;
	if (!decode_ethertype(d, p, type, rd_rest(&r)))
		return decode_bad(p, EV_VLAN_UNKNOWN_TYPE);
	return true;
}

const struct layer layer_vlan = {
	.name = "vlan",
	.decode = layer_vlan_decode,
	.ethertypes = (const uint16_t[]) { 0x8100, 0x88a8, 0x9100, LAYER_END },
};
