/*
 * hostbits - the older form of xbits.
 */
#include "engine/detect/build.h"

const struct keyword keyword_hostbits = {
	.name = "hostbits", .help = "marks an address, or asks for a mark", .example = "hostbits:set,name,src",
	.scope = KW_FLOW, .arg = ARG_STRING, .setup = xbits_setup_hostbits,
};
