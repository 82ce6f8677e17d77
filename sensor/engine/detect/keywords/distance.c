/*
 * distance - how far after the match before it the content may begin.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c)
		return E_BAD;
	if (c->flags & (CO_DISTANCE | CO_STARTS))
		return build_error(b, 0, c->flags & CO_STARTS ? "cannot be used with startswith" : "given twice for one content");
	c->flags |= CO_DISTANCE;
	return build_bound(b, a->text, -1048576, 1048576, &c->distance);
}

const struct keyword keyword_distance = {
	.name = "distance", .help = "how far after the match before it the content may begin", .example = "content:\"abc\"; distance:10",
	.scope = KW_CONTENT, .arg = ARG_BRIEF, .setup = setup,
};
