/*
 * content - bytes that must, or must not, be in the current buffer.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = arena_zalloc(build_arena(b), sizeof(*c));
	struct span s;
	bool negated = false;
	uint32_t at = 0;

	if (!c)
		return E_NOMEM;
	if (!b->opt->value || rule_pattern(build_arena(b), b->opt->value, &s, &negated, &at) < 0)
		return build_error(b, at, "not a pattern: \"text |hex| text\" was expected");
	if (s.n == 0)
		return build_error(b, 0, "the pattern is empty");
	if (s.n > 8192)
		return build_error(b, 0, "the pattern is longer than 8192 bytes");
	*c = (struct op_content) { .p = s.p, .n = s.n, .flags = negated ? CO_NEGATED : 0, .place = -1, .offset.var = -1, .depth.var = -1,
		.distance.var = -1, .within.var = -1, .opt = b->opt };
	return build_add_op(b, OP_CONTENT, c, negated, false);
}

const struct keyword keyword_content = {
	.name = "content", .help = "bytes to look for in the current buffer", .example = "content:\"GET |20 2f|\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
