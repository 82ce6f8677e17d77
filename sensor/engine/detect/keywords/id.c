/*
 * id - identification of the IPv4 header.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->ip_version == 4 && kw_number_has(a->number, c->p->ip_id);
}

const struct keyword keyword_id = {
	.name = "id", .help = "identification of the IPv4 header", .example = "id:31337",
	.scope = KW_PACKET, .arg = ARG_U16, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .match = match,
};
