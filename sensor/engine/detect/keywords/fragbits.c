/*
 * fragbits - the flags of the IPv4 header: reserved, don't fragment, more fragments. RFC 791 section 3.1.
 */
#include "engine/detect/flag_test.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const struct flag_letter letters[] = { { 'M', 1 }, { 'D', 2 }, { 'R', 4 }, { 0, 0 } };

	return flag_test_parse(b, value, letters, "[+*!] and letters of MDR", out);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->ip_version == 4 && flag_test_has(a->p, c->p->ip_flags);
}

const struct keyword keyword_fragbits = {
	.name = "fragbits", .help = "fragmentation flags of the IPv4 header", .example = "fragbits:*MD",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .parse = parse, .match = match,
};
