/*
 * detection_filter - how often a match becomes an alert.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct rule_threshold t;
	const char *why = "not understood";
	uint32_t at = 0;

	if (rule_threshold_keyword(b->opt->value ? b->opt->value : "", true, &t, &why, &at) < 0)
		return build_error(b, at, "%s", why);
	return build_threshold(b, &t);
}

const struct keyword keyword_detection_filter = {
	.name = "detection_filter", .help = "alerts only after so many matches", .example = "detection_filter:track by_src, count 15, seconds 2",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY, .setup = setup,
};
