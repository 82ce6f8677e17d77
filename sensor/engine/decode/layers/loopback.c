/*
 * loopback - DLT_NULL and DLT_LOOP: the address family in 4 bytes, in the order of the machine that captured.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);
	uint32_t family = rd_u32(&r);

	if (r.bad)
		return decode_bad(p, EV_LTNULL_PKT_TOO_SMALL);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return decode_enter(d, p) && layer_ipv4_decode(d, p, rd_rest(&r));
	case 10: /* AF_INET6 of Linux, BSD, FreeBSD, Darwin */
	case 24:
	case 28:
	case 30:
		return decode_enter(d, p) && layer_ipv6_decode(d, p, rd_rest(&r));
	}
	return decode_bad(p, EV_LTNULL_UNSUPPORTED_TYPE);
}

const struct layer layer_loopback = {
	.name = "loopback",
	.decode = decode,
	.linktypes = (const uint16_t[]) { 0, 108, LAYER_END },
};
