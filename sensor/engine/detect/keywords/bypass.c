/*
 * bypass - in Suricata the rest of a matching flow is not looked at, to save work; here it is.
 */
#include "engine/detect/keyword.h"

const struct keyword keyword_bypass = {
	.name = "bypass", .help = "the rest of a flow that matched need not be looked at", .example = "bypass",
	.scope = KW_META, .arg = ARG_NONE, .note = "accepted; the flow is looked at all the same",
};
