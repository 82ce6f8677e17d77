/*
 * fragoffset - fragment offset of the IPv4 header or of the IPv6 fragment header, in units of 8 bytes.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->ip_version && (c->p->ip_version == 4 || c->p->flags & PACKET_FRAGMENT) && kw_number_has(a->number, c->p->frag_offset);
}

const struct keyword keyword_fragoffset = {
	.name = "fragoffset", .help = "fragment offset in units of 8 bytes", .example = "fragoffset:>0",
	.scope = KW_PACKET, .arg = ARG_U16, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .match = match,
};
