/*
 * arp - IPv4 over Ethernet only (RFC 826); the packet has no addresses in the sense of rules.
 */
#include "engine/decode/layer.h"

bool
layer_arp_decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t hardware = rd_u16(&r), protocol = rd_u16(&r);
	uint8_t hardware_size = rd_u8(&r), protocol_size = rd_u8(&r);
	uint16_t opcode = rd_u16(&r);

	if (r.bad)
		return decode_bad(p, EV_ARP_PKT_TOO_SMALL);
	if (hardware != 1)
		return decode_bad(p, EV_ARP_UNSUPPORTED_HARDWARE);
	if (protocol != 0x0800)
		return decode_bad(p, EV_ARP_UNSUPPORTED_PROTOCOL);
	if (in.n < 28)
		return decode_bad(p, EV_ARP_UNSUPPORTED_PKT);
	if (hardware_size != 6)
		return decode_bad(p, EV_ARP_INVALID_HARDWARE_SIZE);
	if (protocol_size != 4)
		return decode_bad(p, EV_ARP_INVALID_PROTOCOL_SIZE);
	if (opcode < 1 || opcode > 9 || opcode == 5 || opcode == 6 || opcode == 7)
		packet_event_set(p, EV_ARP_UNSUPPORTED_OPCODE);
	counter_inc(d->cnt, C_DECODE_ARP);
	p->l3 = p->l3_header = span_head(in, 28);
	p->is_arp = true;
	return true;
}

const struct layer layer_arp = {
	.name = "arp",
	.decode = layer_arp_decode,
	.ethertypes = (const uint16_t[]) { 0x0806, LAYER_END },
};
