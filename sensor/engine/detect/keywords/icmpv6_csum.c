/*
 * icmpv6-csum - the ICMPv6 checksum is valid, or is not.
 */
#include "engine/detect/csum.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return csum_l4(c, a, 6, 58);
}

const struct keyword keyword_icmpv6_csum = {
	.name = "icmpv6-csum", .help = "the ICMPv6 checksum is valid or not", .example = "icmpv6-csum:invalid",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .cost = 1, .parse = csum_parse, .match = match,
};
