/*
 * dsize - size of the packet's payload.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return kw_number_has(a->number, c->p->payload.n);
}

const struct keyword keyword_dsize = {
	.name = "dsize", .help = "size of the packet payload in bytes", .example = "dsize:300<>400",
	.scope = KW_PACKET, .arg = ARG_U16, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .match = match,
};
