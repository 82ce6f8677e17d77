/*
 * icmpv6.hdr - the header of an ICMPv6 message.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->l4_header;
	return p->proto == 58 && out->n;
}

const struct keyword keyword_icmpv6_hdr = {
	.name = "icmpv6.hdr", .help = "the header of an ICMPv6 message", .example = "icmpv6.hdr; content:\"|01|\"",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .packet_bytes = packet_bytes,
};
