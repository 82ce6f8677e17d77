/*
 * flow.bytes_toserver - bytes of the flow to the server so far.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return kw_number_has(a->number, c->in->flow->bytes[TO_SERVER]);
}

const struct keyword keyword_flow_bytes_toserver = {
	.name = "flow.bytes_toserver", .help = "bytes of the flow to the server so far", .example = "flow.bytes_toserver:>1000",
	.scope = KW_FLOW, .arg = ARG_U64, .flags = KW_NEEDS_PACKET | KW_NEEDS_FLOW, .match = match,
};
