/*
 * sll2 - Linux "cooked" capture v2 (DLT_LINUX_SLL2): 20 bytes, the EtherType first.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint16_t type = rd_u16(&r);

	rd_skip(&r, 18);
	if (r.bad)
		return decode_bad(p, EV_SLL2_PKT_TOO_SMALL);
	decode_ethertype(d, p, type, rd_rest(&r));
	return true;
}

const struct layer layer_sll2 = {
	.name = "sll2",
	.decode = decode,
	.linktypes = (const uint16_t[]) { 276, LAYER_END },
};
