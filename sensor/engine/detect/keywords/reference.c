/*
 * reference - where to read more; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_reference = {
	.name = "reference", .help = "where to read more", .example = "reference:url,example.org",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
