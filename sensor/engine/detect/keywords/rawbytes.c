/*
 * rawbytes - accepted for old rules; buffers are always bytes.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c)
		return E_BAD;
	c->flags |= CO_RAW;
	return 0;
}

const struct keyword keyword_rawbytes = {
	.name = "rawbytes", .help = "no effect: payload is always looked at as it is", .example = "content:\"abc\"; rawbytes",
	.scope = KW_CONTENT, .arg = ARG_NONE, .setup = setup,
};
