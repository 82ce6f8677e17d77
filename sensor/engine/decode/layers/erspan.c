/*
 * erspan - mirrored Ethernet frames in GRE: type I without a header, II and III with one (draft-foschiano-erspan-03).
 */
#include "engine/decode/layer.h"

bool
layer_erspan1_decode(struct decode *d, struct packet *p, struct span in)
{
	counter_inc(d->cnt, C_DECODE_ERSPAN);
	return decode_enter(d, p) && layer_ethernet_decode(d, p, in);
}

static bool
mirrored(struct decode *d, struct packet *p, uint16_t word, struct span frame)
{
	uint16_t vlan = word & 0xfff;

	if (vlan) {
		if (p->vlan_n == PACKET_VLANS)
			return decode_bad(p, EV_ERSPAN_TOO_MANY_VLAN_LAYERS);
		p->vlan[p->vlan_n++] = vlan;
	}
	counter_inc(d->cnt, C_DECODE_ERSPAN);
	return decode_enter(d, p) && layer_ethernet_decode(d, p, frame);
}

bool
layer_erspan2_decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t first = rd_u16(&r);

	rd_skip(&r, 6);
	if (r.bad)
		return decode_bad(p, EV_ERSPAN_HEADER_TOO_SMALL);
	if (first >> 12 != 1)
		return decode_bad(p, EV_ERSPAN_UNSUPPORTED_VERSION);
	return mirrored(d, p, first, rd_rest(&r));
}

bool
layer_erspan3_decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t first = rd_u16(&r);

	rd_skip(&r, 8);
	if (rd_u16(&r) & 1) /* O: 8 bytes of platform's own follow */
		rd_skip(&r, 8);
	if (r.bad)
		return decode_bad(p, EV_ERSPAN_HEADER_TOO_SMALL);
	if (first >> 12 != 2)
		return decode_bad(p, EV_ERSPAN_UNSUPPORTED_VERSION);
	return mirrored(d, p, first, rd_rest(&r));
}

/* No number of its own: GRE tells the type by its protocol field and sequence number. */
const struct layer layer_erspan = {
	.name = "erspan",
	.decode = layer_erspan2_decode,
};
