/*
 * metadata - keys and values for the alert; read with the rule.
 */
#include "engine/detect/build.h"
const struct keyword keyword_metadata = {
	.name = "metadata", .help = "keys and values for the alert", .example = "metadata:created_at 2020_01_01",
	.scope = KW_META, .arg = ARG_CUSTOM, .flags = KW_IPONLY,
};
