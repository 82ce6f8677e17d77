/*
 * target - who is attacked.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	if (!strcmp(a->text, "src_ip"))
		build_target(b, 1);
	else if (!strcmp(a->text, "dest_ip"))
		build_target(b, 2);
	else
		return build_error(b, 0, "src_ip or dest_ip was expected");
	return 0;
}

const struct keyword keyword_target = {
	.name = "target", .help = "which side of the alert is attacked", .example = "target:dest_ip",
	.scope = KW_META, .arg = ARG_STRING, .flags = KW_IPONLY, .setup = setup,
};
