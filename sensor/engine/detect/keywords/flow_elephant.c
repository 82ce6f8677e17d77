/*
 * flow.elephant - the flow had more bytes in an interval than flow.rate-tracking allows.
 */
#include "engine/detect/flow_count.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	uint8_t dirs = *(const uint8_t *) a->p, has = c->in->flow->elephant;

	return dirs == 4 ? has == 3 : (has & dirs) != 0;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	uint8_t *dirs = arena_alloc(build_arena(b), 1);
	const char *text = build_text(b, value);

	if (!dirs)
		return E_NOMEM;
	if (!text || !(*dirs = flow_dirs(text)))
		return build_error(b, 0, "bad direction, expected toserver, toclient, either or both");
	out->p = dirs;
	return 0;
}

const struct keyword keyword_flow_elephant = {
	.name = "flow.elephant", .help = "the flow is an elephant: flow.rate-tracking", .example = "flow.elephant:toclient",
	.scope = KW_FLOW, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NEEDS_FLOW, .parse = parse, .match = match,
};
