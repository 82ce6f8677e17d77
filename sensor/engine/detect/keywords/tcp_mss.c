/*
 * tcp.mss - maximum segment size option of TCP; no option, no match. RFC 9293 section 3.7.1.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->proto == 6 && c->p->l4_header.n && c->p->tcp.mss && kw_number_has(a->number, c->p->tcp.mss);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 6 };
	int e = build_ip_proto(b, protos, sizeof(protos));

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_tcp_mss = {
	.name = "tcp.mss", .help = "maximum segment size option of TCP", .example = "tcp.mss:<536",
	.scope = KW_PACKET, .arg = ARG_U16, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
