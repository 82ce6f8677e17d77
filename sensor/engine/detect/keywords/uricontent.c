/*
 * uricontent - old form of http.uri; content.
 */
#include "engine/detect/build.h"
extern const struct keyword keyword_content;

static int
setup(struct build *b, const union kw_arg *a)
{
	struct buffer buf;
	bool modifier;
	enum field_kind kind;

	if (keyword_content.setup(b, a) < 0)
		return E_BAD;
	if (!buffer_lookup("http.uri", &buf, build_arena(b), &modifier, &kind))
		return build_error(b, 0, "there is no http.uri");
	return build_modifier(b, &buf);
}

const struct keyword keyword_uricontent = {
	.name = "uricontent", .help = "old form of http.uri; content", .example = "uricontent:\"/admin\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
