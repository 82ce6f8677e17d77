/*
 * priority - 1 is the highest; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_priority = {
	.name = "priority", .help = "1 is the highest", .example = "priority:1",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
