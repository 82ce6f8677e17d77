/*
 * ip.dst - the destination address: 4 bytes of IPv4, 16 of IPv6.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->ip_version == 4 ? span_of(p->dst.b + 12, 4) : span_of(p->dst.b, 16);
	return p->ip_version != 0;
}

const struct keyword keyword_ip_dst = {
	.name = "ip.dst", .help = "bytes of the destination address", .example = "ip.dst; content:\"|0a|\"; startswith",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET, .packet_bytes = packet_bytes,
};
