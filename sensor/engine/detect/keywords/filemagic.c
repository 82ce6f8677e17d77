/*
 * filemagic - the text is in what libmagic says of a file, whatever the case: old form of file.magic; content; nocase.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_content_of(b, a, "file.magic", true);
}

const struct keyword keyword_filemagic = {
	.name = "filemagic", .help = "the text is in what libmagic says of a file, whatever the case", .example = "filemagic:\"PDF document\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
