/*
 * geneve - version 0, options, network identifier, Ethernet or IP (RFC 8926 section 3.4).
 */
#include "engine/decode/layer.h"

static bool
udp(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint8_t first = rd_u8(&r), flags = rd_u8(&r);
	uint16_t type = rd_u16(&r);
	uint32_t vni = rd_u24(&r);
	uint8_t reserved = rd_u8(&r);

	rd_skip(&r, (first & 0x3fu) * 4);
	if (r.bad || first >> 6 != 0 || flags & 0x3f || reserved != 0)
		return false;
	counter_inc(d->cnt, C_DECODE_GENEVE);
	p->vni = vni;
	switch (type) {
	case 0x6558:
		decode_tunnel(d, p, rd_rest(&r), PKT_SRC_GENEVE, layer_ethernet_decode);
		return true;
	case 0x0800:
		decode_tunnel(d, p, rd_rest(&r), PKT_SRC_GENEVE, layer_ipv4_decode);
		return true;
	case 0x86dd:
		decode_tunnel(d, p, rd_rest(&r), PKT_SRC_GENEVE, layer_ipv6_decode);
		return true;
	}
	packet_event_set(p, EV_GENEVE_UNKNOWN_PAYLOAD_TYPE);
	return true;
}

const struct layer layer_geneve = {
	.name = "geneve",
	.udp = udp,
	.udp_enabled = offsetof(struct decode_conf, geneve),
	.udp_ports = offsetof(struct decode_conf, geneve_ports),
	.udp_port = 6081,
};
