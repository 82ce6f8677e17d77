/*
 * msg - what the alert says; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_msg = {
	.name = "msg", .help = "what the alert says", .example = "msg:\"text\"",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
