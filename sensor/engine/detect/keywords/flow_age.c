/*
 * flow.age - seconds from the first to the latest packet of the flow.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return kw_number_has(a->number, (uint64_t) ((c->in->flow->last - c->in->flow->start) / 1000000000));
}

const struct keyword keyword_flow_age = {
	.name = "flow.age", .help = "seconds from the first to the latest packet of the flow", .example = "flow.age:>3600",
	.scope = KW_FLOW, .arg = ARG_U32, .flags = KW_NEEDS_PACKET | KW_NEEDS_FLOW, .match = match,
};
