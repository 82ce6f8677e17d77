/*
 * uricontent - old form of http.uri; content.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_content_of(b, a, "http.uri", false);
}

const struct keyword keyword_uricontent = {
	.name = "uricontent", .help = "old form of http.uri; content", .example = "uricontent:\"/admin\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
