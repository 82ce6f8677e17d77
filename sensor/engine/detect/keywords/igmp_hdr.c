/*
 * igmp.hdr - the header of an IGMP message, all of it that came.
 */
#include "engine/detect/keyword.h"

static bool
packet_bytes(const struct packet *p, struct span *out)
{
	*out = p->l4;
	return p->proto == 2 && p->l4_header.n;
}

const struct keyword keyword_igmp_hdr = {
	.name = "igmp.hdr", .help = "an IGMP message", .example = "igmp.hdr; content:\"|22|\"; startswith",
	.scope = KW_BUFFER, .arg = ARG_NONE, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .packet_bytes = packet_bytes,
};
