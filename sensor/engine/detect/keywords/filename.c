/*
 * filename - the text is in the name of a file, whatever the case: old form of file.name; content; nocase.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_content_of(b, a, "file.name", true);
}

const struct keyword keyword_filename = {
	.name = "filename", .help = "the text is in the name of a file, whatever the case", .example = "filename:\"secret\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
