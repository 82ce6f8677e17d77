/*
 * tcp.wscale - window scale option of TCP; no option, no match. RFC 7323 section 2.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->proto == 6 && c->p->l4_header.n && c->p->tcp.wscale != 0xff && kw_number_has(a->number, c->p->tcp.wscale);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 6 };
	int e = build_ip_proto(b, protos, sizeof(protos));

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_tcp_wscale = {
	.name = "tcp.wscale", .help = "window scale option of TCP", .example = "tcp.wscale:>10",
	.scope = KW_PACKET, .arg = ARG_U8, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
