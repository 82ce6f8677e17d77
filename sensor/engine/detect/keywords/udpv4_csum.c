/*
 * udpv4-csum - the UDP checksum over IPv4 is valid, or is not.
 */
#include "engine/detect/csum.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return csum_l4(c, a, 4, 17);
}

const struct keyword keyword_udpv4_csum = {
	.name = "udpv4-csum", .help = "the UDP checksum over IPv4 is valid or not", .example = "udpv4-csum:invalid",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .cost = 1, .parse = csum_parse, .match = match,
};
