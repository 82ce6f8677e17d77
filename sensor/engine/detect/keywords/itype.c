/*
 * itype - type of an ICMP or ICMPv6 message.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return (c->p->proto == 1 || c->p->proto == 58) && c->p->l4_header.n && kw_number_has(a->number, c->p->icmp_type);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 1, 58 };
	int e = build_ip_proto(b, protos, sizeof(protos));

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_itype = {
	.name = "itype", .help = "type of an ICMP or ICMPv6 message", .example = "itype:8",
	.scope = KW_PACKET, .arg = ARG_U8, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
