/*
 * flow.bytes_toclient - bytes of the flow to the client so far.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return kw_number_has(a->number, c->in->flow->bytes[TO_CLIENT]);
}

const struct keyword keyword_flow_bytes_toclient = {
	.name = "flow.bytes_toclient", .help = "bytes of the flow to the client so far", .example = "flow.bytes_toclient:>1000",
	.scope = KW_FLOW, .arg = ARG_U64, .flags = KW_NEEDS_PACKET | KW_NEEDS_FLOW, .match = match,
};
