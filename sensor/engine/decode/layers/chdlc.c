/*
 * chdlc - Cisco HDLC: address, control, EtherType.
 */
#include "engine/decode/layer.h"

bool
layer_chdlc_decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	rd_skip(&r, 2);
	uint16_t type = rd_u16(&r);

	if (r.bad)
		return decode_bad(p, EV_CHDLC_PKT_TOO_SMALL);
	decode_ethertype(d, p, type, rd_rest(&r));
	return true;
}

const struct layer layer_chdlc = {
	.name = "chdlc",
	.decode = layer_chdlc_decode,
	.linktypes = (const uint16_t[]) { 104, LAYER_END },
};
