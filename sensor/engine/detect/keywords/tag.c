/*
 * tag - more packets of the flow or host.
 */
#include "engine/detect/build.h"
const struct keyword keyword_tag = {
	.name = "tag", .help = "log more packets of this flow or host", .example = "tag:session,5,packets",
	.scope = KW_META, .arg = ARG_STRING, .flags = KW_IPONLY, .note = "accepted, no packets logged",
};
