/*
 * vxlan - flags, network identifier, an Ethernet frame (RFC 7348 section 5).
 */
#include "engine/decode/layer.h"

static bool
udp(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint8_t flags = rd_u8(&r);
	rd_skip(&r, 3);
	uint32_t vni = rd_u24(&r);
	rd_skip(&r, 1);

	if (r.bad || !(flags & 0x08) || rd_left(&r) < 14)
		return false;
	counter_inc(d->cnt, C_DECODE_VXLAN);
	p->vni = vni;
	struct rd type = rd_of(span_skip(rd_rest(&r), 12));
	switch (rd_u16(&type)) {
	case 0x0800: case 0x0806: case 0x86dd: case 0x8100: case 0x88a8: case 0x9100: case 0x8847: case 0x8848: case 0x8863:
	case 0x8864: case 0x8926: case 0x893f: case 0x894f:
		decode_tunnel(d, p, rd_rest(&r), PKT_SRC_VXLAN, layer_ethernet_decode);
		return true;
	}
	packet_event_set(p, EV_VXLAN_UNKNOWN_PAYLOAD_TYPE);
	return true;
}

const struct layer layer_vxlan = {
	.name = "vxlan",
	.udp = udp,
	.udp_enabled = offsetof(struct decode_conf, vxlan),
	.udp_ports = offsetof(struct decode_conf, vxlan_ports),
	.udp_port = 4789,
};
