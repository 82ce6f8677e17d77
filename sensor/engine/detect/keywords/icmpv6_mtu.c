/*
 * icmpv6.mtu - MTU in an ICMPv6 Packet Too Big message. RFC 4443 section 3.2.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	struct rd r = rd_of(c->p->l4);
	uint32_t mtu;

	if (c->p->proto != 58 || !c->p->l4_header.n || c->p->icmp_type != 2)
		return false;
	rd_skip(&r, 4);
	mtu = rd_u32(&r);
	return !r.bad && kw_number_has(a->number, mtu);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 58 };
	int e = build_ip_proto(b, protos, sizeof(protos));

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_icmpv6_mtu = {
	.name = "icmpv6.mtu", .help = "MTU in an ICMPv6 Packet Too Big message", .example = "icmpv6.mtu:<1280",
	.scope = KW_PACKET, .arg = ARG_U32, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
