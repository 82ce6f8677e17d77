/*
 * prefilter - accepted: what a rule is found by is chosen by the engine.
 */
#include "engine/detect/build.h"
const struct keyword keyword_prefilter = {
	.name = "prefilter", .help = "asks that the keyword before it be used to find the rule", .example = "dsize:10; prefilter",
	.scope = KW_META, .arg = ARG_NONE, .flags = KW_IPONLY, .note = "accepted, the engine chooses by itself",
};
