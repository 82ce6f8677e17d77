/*
 * ip.src - the source address: 4 bytes of IPv4, 16 of IPv6.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->ip_version == 4 ? span_of(p->src.b + 12, 4) : span_of(p->src.b, 16);
	return p->ip_version != 0;
}

const struct keyword keyword_ip_src = {
	.name = "ip.src", .help = "bytes of the source address", .example = "ip.src; content:\"|0a|\"; startswith",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET, .packet_bytes = packet_bytes,
};
