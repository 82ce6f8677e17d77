/*
 * tcp.window - window of the TCP header, not scaled.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->proto == 6 && c->p->l4_header.n && kw_number_has(a->number, c->p->tcp.window);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 6 };
	int e = build_ip_proto(b, protos, sizeof(protos));

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_tcp_window = {
	.name = "tcp.window", .aliases = "window", .help = "window of the TCP header, not scaled", .example = "tcp.window:55808",
	.scope = KW_PACKET, .arg = ARG_U16, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
