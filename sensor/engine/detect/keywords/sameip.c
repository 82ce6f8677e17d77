/*
 * sameip - source and destination address are the same.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->ip_version && addr_eq(&c->p->src, &c->p->dst);
}

const struct keyword keyword_sameip = {
	.name = "sameip", .help = "source and destination address are the same", .example = "sameip",
	.scope = KW_PACKET, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET, .match = match,
};
