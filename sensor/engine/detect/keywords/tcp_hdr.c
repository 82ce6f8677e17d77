/*
 * tcp.hdr - the TCP header with its options.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->l4_header;
	return p->proto == 6 && out->n;
}

const struct keyword keyword_tcp_hdr = {
	.name = "tcp.hdr", .help = "the TCP header with its options", .example = "tcp.hdr; content:\"|01|\"",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .packet_bytes = packet_bytes,
};
