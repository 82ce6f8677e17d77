/*
 * etag - IEEE 802.1BR E-TAG: 6 bytes of tag, EtherType.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	rd_skip(&r, 6);
	uint16_t type = rd_u16(&r);

	if (r.bad)
		return decode_bad(p, EV_ETAG_HEADER_TOO_SMALL);
	if (!decode_ethertype(d, p, type, rd_rest(&r)))
		return decode_bad(p, EV_ETAG_UNKNOWN_TYPE);
	return true;
}

const struct layer layer_etag = {
	.name = "etag",
	.decode = decode,
	.ethertypes = (const uint16_t[]) { 0x893f, LAYER_END },
};
