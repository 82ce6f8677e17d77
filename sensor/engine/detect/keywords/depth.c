/*
 * depth - how many bytes from the beginning (or from offset) the content may lie in.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c)
		return E_BAD;
	if (c->flags & (CO_DEPTH | CO_STARTS))
		return build_error(b, 0, c->flags & CO_STARTS ? "cannot be used with startswith" : "given twice for one content");
	c->flags |= CO_DEPTH;
	return build_bound(b, a->text, 0, 65535, &c->depth);
}

const struct keyword keyword_depth = {
	.name = "depth", .help = "how many bytes from the beginning (or from offset) the content may lie in", .example = "content:\"abc\"; depth:10",
	.scope = KW_CONTENT, .arg = ARG_BRIEF, .setup = setup,
};
