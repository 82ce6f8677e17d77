/*
 * pktvar - does a variable of the packet, captured by some rule's pcre, have these bytes in it?
 *
 * Language: "name,value"; the value plain, in quotes, or with |hex| as in content.
 */
#include "engine/detect/engine.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return var_setup(b, a->text, true);
}

const struct keyword keyword_pktvar = {
	.name = "pktvar", .help = "a variable of the packet that an expression captured has these bytes", .example = "pktvar:user,admin",
	.scope = KW_FLOW, .arg = ARG_STRING, .flags = 0, .setup = setup,
};
