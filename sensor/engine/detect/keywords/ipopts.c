/*
 * ipopts - an option of the IPv4 header. RFC 791 section 3.1, RFC 1108 (sec, esec), RFC 2113 (rtralt).
 */
#include "engine/detect/keyword.h"

#define ANY 256

static const struct {
	const char *name;
	uint16_t type;
} options[] = {
	{ "eol", 0 }, { "nop", 1 }, { "rr", 7 }, { "qs", 25 }, { "ts", 68 }, { "tr", 82 }, { "sec", 130 }, { "lsrr", 131 }, { "esec", 133 },
	{ "cipso", 134 }, { "satid", 136 }, { "ssrr", 137 }, { "rtralt", 148 }, { "any", ANY },
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const char *text = build_text(b, value);

	for (size_t i = 0; text && i < sizeof(options) / sizeof(options[0]); i++)
		if (strcasecmp(text, options[i].name) == 0) {
			out->p = &options[i].type;
			return 0;
		}
	return build_error(b, 0, "unknown IP option, expected eol, nop, rr, qs, ts, tr, sec, lsrr, esec, cipso, satid, ssrr, rtralt or any");
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	uint16_t type = *(const uint16_t *) a->p;
	const uint32_t *seen = c->p->ip_options_seen;

	if (c->p->ip_version != 4)
		return false;
	if (type == ANY)
		return (seen[0] | seen[1] | seen[2] | seen[3] | seen[4] | seen[5] | seen[6] | seen[7]) != 0;
	return seen[type / 32] >> type % 32 & 1;
}

const struct keyword keyword_ipopts = {
	.name = "ipopts", .help = "the IPv4 header has this option", .example = "ipopts:lsrr",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .parse = parse, .match = match,
};
