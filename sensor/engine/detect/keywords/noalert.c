/*
 * noalert - the rule matches and acts, but tells nobody.
 */
#include "engine/detect/keyword.h"

const struct keyword keyword_noalert = {
	.name = "noalert", .help = "no alert when the rule matches; its actions still happen", .example = "noalert",
	.scope = KW_META, .arg = ARG_NONE, .flags = KW_NOALERT | KW_IPONLY,
};
