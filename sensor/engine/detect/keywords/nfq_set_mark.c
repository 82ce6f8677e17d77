/*
 * nfq_set_mark - a mark for the kernel's packet queue. Accepted for rules of those who have one.
 */
#include <stdlib.h>

#include "engine/detect/keyword.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	char *end;
	unsigned long long mark = strtoull(a->text, &end, 0), mask = *end == '/' ? strtoull(end + 1, &end, 0) : 0;

	if (end == a->text || *end || !strchr(a->text, '/') || mark > UINT32_MAX || mask > UINT32_MAX)
		return build_error(b, 0, "\"%s\": mark/mask was expected, such as 0x1/0xff", a->text);
	return 0;
}

const struct keyword keyword_nfq_set_mark = {
	.name = "nfq_set_mark", .help = "a mark for the kernel's packet queue", .example = "nfq_set_mark:0x1/0xff",
	.scope = KW_ACTION, .arg = ARG_STRING, .setup = setup, .note = "accepted without effect: a sensor has no queue",
};
