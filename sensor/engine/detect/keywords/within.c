/*
 * within - how many bytes after the match before it the content must end in.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c)
		return E_BAD;
	if (c->flags & (CO_WITHIN | CO_STARTS))
		return build_error(b, 0, c->flags & CO_STARTS ? "cannot be used with startswith" : "given twice for one content");
	c->flags |= CO_WITHIN;
	return build_bound(b, a->text, -1048576, 1048576, &c->within);
}

const struct keyword keyword_within = {
	.name = "within", .help = "how many bytes after the match before it the content must end in", .example = "content:\"abc\"; within:10",
	.scope = KW_CONTENT, .arg = ARG_BRIEF, .setup = setup,
};
