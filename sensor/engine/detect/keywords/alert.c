/*
 * alert - the rule alerts, even after flowbits:noalert.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	b->flags &= ~(unsigned) KW_NOALERT;
	b->alerts = true;
	return 0;
}

const struct keyword keyword_alert = {
	.name = "alert", .help = "the rule alerts", .example = "alert",
	.scope = KW_META, .arg = ARG_NONE, .flags = KW_IPONLY, .setup = setup,
};
