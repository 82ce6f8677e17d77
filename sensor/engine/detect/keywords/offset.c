/*
 * offset - where in the buffer the content may begin.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c)
		return E_BAD;
	if (c->flags & (CO_OFFSET | CO_STARTS))
		return build_error(b, 0, c->flags & CO_STARTS ? "cannot be used with startswith" : "given twice for one content");
	c->flags |= CO_OFFSET;
	return build_bound(b, a->text, 0, 65535, &c->offset);
}

const struct keyword keyword_offset = {
	.name = "offset", .help = "where in the buffer the content may begin", .example = "content:\"abc\"; offset:10",
	.scope = KW_CONTENT, .arg = ARG_BRIEF, .setup = setup,
};
