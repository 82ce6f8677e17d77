/*
 * icmp_seq - sequence number of an ICMP message.
 */
#include "engine/detect/keyword.h"

/* Messages that have an identifier and a sequence number: RFC 792, RFC 950, RFC 4443 section 4. */
static bool
has_id(const struct packet *p)
{
	static const uint32_t v4 = 1 << 0 | 1 << 8 | 1 << 13 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 17 | 1 << 18;

	if (!p->l4_header.n)
		return false;
	if (p->proto == 1)
		return p->icmp_type < 32 && (v4 >> p->icmp_type & 1);
	return p->proto == 58 && (p->icmp_type == 128 || p->icmp_type == 129);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return has_id(c->p) && kw_number_has(a->number, c->p->icmp_seq);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 1, 58 };
	int e = build_ip_proto(b, protos, sizeof(protos));

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_icmp_seq = {
	.name = "icmp_seq", .help = "sequence number of an ICMP message", .example = "icmp_seq:0",
	.scope = KW_PACKET, .arg = ARG_U16, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
