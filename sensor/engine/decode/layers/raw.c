/*
 * raw - IP without a link header; the version is in the first four bits.
 */
#include "engine/decode/layer.h"

bool
layer_ip_decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 1)
		return decode_bad(p, EV_IPV4_PKT_TOO_SMALL);
	switch (in.p[0] >> 4) {
	case 4:
		return decode_enter(d, p) && layer_ipv4_decode(d, p, in);
	case 6:
		return decode_enter(d, p) && layer_ipv6_decode(d, p, in);
	}
	return decode_bad(p, EV_IPRAW_INVALID_IP_VERSION);
}

const struct layer layer_raw = {
	.name = "raw",
	.decode = layer_ip_decode,
	.linktypes = (const uint16_t[]) { 12, 14, 101, 228, 229, LAYER_END },
};
