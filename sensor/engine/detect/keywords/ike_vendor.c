/*
 * ike.vendor - the message has this vendor id, in hex digits.
 */
#include <ctype.h>

#include "engine/app/protocols/ike.h"
#include "engine/detect/build.h"

struct vendor {
	uint32_t n;
	uint8_t id[128];
};

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct ike_tx *t = (const struct ike_tx *) c->tx;
	const struct vendor *v = a->p;
	struct ike_payloads p = ike_payloads(t);
	struct span body;
	uint8_t type;

	while (ike_payload(&p, &type, &body))
		if (ike_is_vendor(t, type) && span_eq(body, span_of(v->id, v->n)))
			return true;
	return false;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct vendor *v = arena_zalloc(build_arena(b), sizeof(*v));
	const char *text = build_text(b, value);
	unsigned n = 0;

	if (!v)
		return E_NOMEM;
	for (; text && text[n] && n < 2 * sizeof(v->id) - 2; n++) {
		const char *digits = "0123456789abcdef", *d = strchr(digits, tolower((unsigned char) text[n]));

		if (!d)
			break;
		v->id[n / 2] = (uint8_t) (v->id[n / 2] << 4 | (d - digits));
		v->n = (n + 1) / 2;
	}
	if (!text || text[n] || !n || n % 2)
		return build_error(b, 0, "hex digits, two a byte, at most 127 bytes are expected");
	out->p = v;
	return 0;
}

const struct keyword keyword_ike_vendor = {
	.name = "ike.vendor", .help = "the message has this vendor id, in hex digits", .example = "ike.vendor:4a131c81070358455c5728f20e95452f",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "ike", .dirs = 3, .progress = { 1, 1 },
};
