/*
 * flowvar - does a variable of the flow, captured by some rule's pcre, have these bytes in it?
 *
 * Language: "name,value"; the value plain, in quotes, or with |hex| as in content.
 */
#include "engine/detect/engine.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	return var_setup(b, a->text, false);
}

const struct keyword keyword_flowvar = {
	.name = "flowvar", .help = "a variable of the flow that an expression captured has these bytes", .example = "flowvar:user,admin",
	.scope = KW_FLOW, .arg = ARG_STRING, .flags = KW_NEEDS_FLOW, .setup = setup,
};
