/*
 * ipv6.hdr - the IPv6 header with its extension headers.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->l3_header;
	return p->ip_version == 6 && out->n;
}

const struct keyword keyword_ipv6_hdr = {
	.name = "ipv6.hdr", .help = "the IPv6 header with its extension headers", .example = "ipv6.hdr; content:\"|01|\"",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .packet_bytes = packet_bytes,
};
