/*
 * ipv4.hdr - the IPv4 header with its options.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->l3_header;
	return p->ip_version == 4 && out->n;
}

const struct keyword keyword_ipv4_hdr = {
	.name = "ipv4.hdr", .help = "the IPv4 header with its options", .example = "ipv4.hdr; content:\"|01|\"",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .packet_bytes = packet_bytes,
};
