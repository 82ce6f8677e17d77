/*
 * replace - other bytes in the place of a content: for those who stand in the way of traffic. Accepted for their rules; the match
 * is the same, nothing is changed.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return build_content(b) ? 0 : E_BAD;
}

const struct keyword keyword_replace = {
	.name = "replace", .help = "other bytes in the place of the content", .example = "content:\"abc\"; replace:\"xyz\"",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup, .note = "accepted without effect: a sensor changes nothing",
};
