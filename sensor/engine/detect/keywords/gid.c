/*
 * gid - number of the group of rules; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_gid = {
	.name = "gid", .help = "number of the group of rules", .example = "gid:1",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
