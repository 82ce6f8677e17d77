/*
 * ipip - IP directly in IP: 4 in 4 (RFC 2003), 6 in 4 (RFC 4213), 4 in 6 and 6 in 6 (RFC 2473).
 */
#include "engine/decode/layer.h"

/* In IPv6 a wrong inner header is an event of the outer packet. */
static bool
inner_ok(struct packet *p, struct span in, unsigned version)
{
	if (p->ip_version != 6)
		return true;
	if (in.n < (version == 4 ? 20 : 40))
		return decode_bad(p, version == 4 ? EV_IPV6_IPV4_IN_IPV6_TOO_SMALL : EV_IPV6_IPV6_IN_IPV6_TOO_SMALL);
	if (in.p[0] >> 4 != version)
		return decode_bad(p, version == 4 ? EV_IPV6_IPV4_IN_IPV6_WRONG_VERSION : EV_IPV6_IPV6_IN_IPV6_WRONG_VERSION);
	return true;
}

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	unsigned version = p->proto == 4 ? 4 : 6;

	counter_inc(d->cnt, C_DECODE_IP_IN_IP);
	if (!inner_ok(p, in, version))
		return false;
	decode_tunnel(d, p, in, version == 4 ? PKT_SRC_IPV4 : PKT_SRC_IPV6, version == 4 ? layer_ipv4_decode : layer_ipv6_decode);
	return true;
}

const struct layer layer_ipip = {
	.name = "ipip",
	.decode = decode,
	.protocols = (const uint16_t[]) { 4, 41, LAYER_END },
};
