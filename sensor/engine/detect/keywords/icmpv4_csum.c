/*
 * icmpv4-csum - the ICMP checksum is valid, or is not.
 */
#include "engine/detect/csum.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return csum_l4(c, a, 4, 1);
}

const struct keyword keyword_icmpv4_csum = {
	.name = "icmpv4-csum", .help = "the ICMP checksum is valid or not", .example = "icmpv4-csum:invalid",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .cost = 1, .parse = csum_parse, .match = match,
};
