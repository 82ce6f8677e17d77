/*
 * tcpv4-csum - the TCP checksum over IPv4 is valid, or is not.
 */
#include "engine/detect/csum.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return csum_l4(c, a, 4, 6);
}

const struct keyword keyword_tcpv4_csum = {
	.name = "tcpv4-csum", .help = "the TCP checksum over IPv4 is valid or not", .example = "tcpv4-csum:invalid",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .cost = 1, .parse = csum_parse, .match = match,
};
