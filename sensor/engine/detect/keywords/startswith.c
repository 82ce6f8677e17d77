/*
 * startswith - the content before it must be at the beginning of the buffer.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c)
		return E_BAD;
	if (c->flags & (CO_STARTS | CO_DEPTH | CO_OFFSET | CO_DISTANCE | CO_WITHIN))
		return build_error(b, 0, "cannot be used with depth, offset, distance, within or twice");
	c->flags |= CO_STARTS | CO_DEPTH | CO_OFFSET;
	c->depth = (struct bound) { (int32_t) c->n, -1 };
	c->offset = (struct bound) { 0, -1 };
	return 0;
}

const struct keyword keyword_startswith = {
	.name = "startswith", .help = "the content is at the beginning of the buffer", .example = "content:\"GET\"; startswith",
	.scope = KW_CONTENT, .arg = ARG_NONE, .setup = setup,
};
