/*
 * sid - number of the rule; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_sid = {
	.name = "sid", .help = "number of the rule", .example = "sid:1000001",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
