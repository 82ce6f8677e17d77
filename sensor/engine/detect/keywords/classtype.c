/*
 * classtype - class of classification.config; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_classtype = {
	.name = "classtype", .help = "class of classification.config", .example = "classtype:trojan-activity",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
