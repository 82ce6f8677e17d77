/*
 * base64_data - what base64_decode decoded.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	if (!b->base64)
		return build_error(b, 0, "base64_data without base64_decode before it");
	b->in_base64 = true;
	return 0;
}

const struct keyword keyword_base64_data = {
	.name = "base64_data", .help = "what follows looks at the bytes that base64_decode found", .example = "base64_decode; base64_data; content:\"abc\"",
	.scope = KW_BUFFER, .arg = ARG_NONE, .setup = setup,
};
