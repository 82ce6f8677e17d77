/*
 * endswith - the content before it must be at the end of the buffer.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c)
		return E_BAD;
	c->flags |= CO_ENDS;
	return 0;
}

const struct keyword keyword_endswith = {
	.name = "endswith", .help = "the content is at the end of the buffer", .example = "content:\".php\"; endswith",
	.scope = KW_CONTENT, .arg = ARG_NONE, .setup = setup,
};
