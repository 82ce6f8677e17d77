/*
 * vlan.layers - number of VLAN tags.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return kw_number_has(a->number, c->p->vlan_n);
}

const struct keyword keyword_vlan_layers = {
	.name = "vlan.layers", .help = "number of VLAN tags", .example = "vlan.layers:>1",
	.scope = KW_PACKET, .arg = ARG_U8, .flags = KW_NEEDS_PACKET, .match = match,
};
