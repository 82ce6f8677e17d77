/*
 * igmp.type - type of an IGMP message.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->proto == 2 && c->p->l4_header.n && kw_number_has(a->number, c->p->l4_header.p[0]);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t proto = 2;
	int e = build_ip_proto(b, &proto, 1);

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_igmp_type = {
	.name = "igmp.type", .help = "type of an IGMP message", .example = "igmp.type:0x22",
	.scope = KW_PACKET, .arg = ARG_U8, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
