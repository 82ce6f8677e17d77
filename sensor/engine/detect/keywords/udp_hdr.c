/*
 * udp.hdr - the UDP header.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->l4_header;
	return p->proto == 17 && out->n;
}

const struct keyword keyword_udp_hdr = {
	.name = "udp.hdr", .help = "the UDP header", .example = "udp.hdr; content:\"|01|\"",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .packet_bytes = packet_bytes,
};
