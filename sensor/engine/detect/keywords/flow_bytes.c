/*
 * flow.bytes - bytes of the flow so far, in a direction or in either.
 */
#include "engine/detect/flow_count.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	return flow_count_parse(b, value, UINT64_MAX, out);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct flow_count *t = a->p;
	const struct flow *f = c->in->flow;

	return flow_count_has(t, f->bytes[TO_SERVER], f->bytes[TO_CLIENT]);
}

const struct keyword keyword_flow_bytes = {
	.name = "flow.bytes", .help = "bytes of the flow so far", .example = "flow.bytes:toserver,>3",
	.scope = KW_FLOW, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NEEDS_FLOW, .parse = parse, .match = match,
};
