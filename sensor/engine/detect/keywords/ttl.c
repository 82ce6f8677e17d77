/*
 * ttl - time to live, or hop limit of IPv6.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->ip_version && kw_number_has(a->number, c->p->ttl);
}

const struct keyword keyword_ttl = {
	.name = "ttl", .help = "time to live, or hop limit of IPv6", .example = "ttl:<10",
	.scope = KW_PACKET, .arg = ARG_U8, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .match = match,
};
