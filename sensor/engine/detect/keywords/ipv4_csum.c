/*
 * ipv4-csum - the checksum of the IPv4 header is valid, or is not.
 */
#include "engine/decode/decode.h"
#include "engine/detect/csum.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->ip_version == 4 && packet_checksum_l3_ok(c->p) == *(const bool *) a->p;
}

const struct keyword keyword_ipv4_csum = {
	.name = "ipv4-csum", .help = "the checksum of the IPv4 header is valid or not", .example = "ipv4-csum:invalid",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .cost = 1, .parse = csum_parse, .match = match,
};
