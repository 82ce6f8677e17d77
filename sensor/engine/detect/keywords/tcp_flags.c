/*
 * tcp.flags - which control bits the TCP header has. RFC 9293 section 3.1.
 */
#include "engine/detect/flag_test.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const struct flag_letter letters[] = { { 'F', TCP_FIN }, { 'S', TCP_SYN }, { 'R', TCP_RST }, { 'P', TCP_PSH },
		{ 'A', TCP_ACK }, { 'U', TCP_URG }, { 'E', TCP_ECE }, { 'C', TCP_CWR }, { '1', TCP_CWR }, { '2', TCP_ECE },
		{ '0', 0 }, { 0, 0 } };

	return flag_test_parse(b, value, letters, "[+*!] and letters of FSRPAUEC012, then perhaps a comma and letters to ignore", out);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->proto == 6 && c->p->l4_header.n && flag_test_has(a->p, c->p->tcp.flags);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t tcp = 6;
	int e = build_ip_proto(b, &tcp, 1);

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_tcp_flags = {
	.name = "tcp.flags", .aliases = "flags", .help = "control bits of the TCP header", .example = "tcp.flags:S,12",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .parse = parse, .setup = setup, .match = match,
};
