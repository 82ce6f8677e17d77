/*
 * ether.hdr - the Ethernet header: both addresses and the type, 14 bytes. IEEE 802.3.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = span_head(p->frame, 14);
	return p->has_mac && p->depth == 0 && out->n == 14;
}

const struct keyword keyword_ether_hdr = {
	.name = "ether.hdr", .help = "the Ethernet header", .example = "ether.hdr; content:\"|08 06|\"; offset:12; depth:2",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .packet_bytes = packet_bytes,
};
