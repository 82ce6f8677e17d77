/*
 * flow.pkts_toserver - packets of the flow to the server so far.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return kw_number_has(a->number, c->in->flow->packets[TO_SERVER]);
}

const struct keyword keyword_flow_pkts_toserver = {
	.name = "flow.pkts_toserver", .help = "packets of the flow to the server so far", .example = "flow.pkts_toserver:3",
	.scope = KW_FLOW, .arg = ARG_U32, .flags = KW_NEEDS_PACKET | KW_NEEDS_FLOW, .match = match,
};
