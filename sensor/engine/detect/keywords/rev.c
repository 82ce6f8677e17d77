/*
 * rev - revision; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_rev = {
	.name = "rev", .help = "revision", .example = "rev:2",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
