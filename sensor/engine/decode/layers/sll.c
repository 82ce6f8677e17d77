/*
 * sll - Linux "cooked" capture (DLT_LINUX_SLL): 16 bytes, the EtherType last.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	rd_skip(&r, 14);
	uint16_t type = rd_u16(&r);

	if (r.bad)
		return decode_bad(p, EV_SLL_PKT_TOO_SMALL);
	decode_ethertype(d, p, type, rd_rest(&r));
	return true;
}

const struct layer layer_sll = {
	.name = "sll",
	.decode = decode,
	.linktypes = (const uint16_t[]) { 113, LAYER_END },
};
