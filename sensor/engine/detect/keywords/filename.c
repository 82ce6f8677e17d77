/*
 * filename - the text is in the name of a file, whatever the case: old form of file.name; content; nocase.
 */
#include "engine/detect/build.h"

extern const struct keyword keyword_content, keyword_nocase;

static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c;
	struct buffer buf;
	bool modifier;
	enum field_kind kind;

	if (keyword_content.setup(b, a) < 0 || keyword_nocase.setup(b, NULL) < 0 || !(c = build_content(b)))
		return E_BAD;
	if (!buffer_lookup("file.name", &buf, build_arena(b), &modifier, &kind))
		return build_error(b, 0, "there is no file.name");
	return build_modifier(b, &buf);
}

const struct keyword keyword_filename = {
	.name = "filename", .help = "the text is in the name of a file, whatever the case", .example = "filename:\"secret\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
