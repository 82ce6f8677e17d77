/*
 * dcerpc.iface - the interface a call goes to: UUID, version, and whether later fragments count too.
 */
#include "engine/app/protocols/dce.h"
#include "engine/detect/keyword.h"

struct arg {
	uint8_t uuid[16];
	const struct kw_number *version; /* NULL: any */
	bool any_frag;
};

static bool
read_uuid(const char *text, uint8_t out[16])
{
	unsigned n = 0;

	if (strlen(text) != 36)
		return false;
	for (unsigned i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		int v = byte_hex((uint8_t) text[i]);

		if (dash ? text[i] != '-' : v < 0)
			return false;
		if (dash)
			continue;
		out[n / 2] = (uint8_t) (n % 2 ? out[n / 2] | v : v << 4);
		n++;
	}
	return true;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *word[3];
	int n = value ? build_split(b, value, word, 3) : 0;

	if (!g)
		return E_NOMEM;
	if (n < 1 || !read_uuid(word[0], g->uuid))
		return build_error(b, 0, "not a UUID, expected 8-4-4-4-12 hex digits with dashes");
	for (int i = 1; i < n; i++) {
		const char *w = word[i];

		if (strcmp(w, "any_frag") == 0) {
			g->any_frag = true;
			continue;
		}
		if (g->version || build_number(b, w[0] == '=' ? w + 1 : w, 65535, &g->version) < 0)
			return build_error(b, 0, "\"%s\": a version such as =1, >1, <1, !1, or any_frag was expected", w);
	}
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct dce_call *call = dce_of(c->tx);
	const struct arg *g = a->p;

	return call && call->type[0] == DCE_REQUEST && call->iface.used && (call->iface.result == 0 || call->iface.result == 0xffff) &&
	    (g->any_frag || call->iface.first) && memcmp(call->iface.uuid, g->uuid, 16) == 0 && (!g->version || kw_number_has(g->version, call->iface.major));
}

const struct keyword keyword_dcerpc_iface = {
	.name = "dcerpc.iface", .aliases = "dce_iface", .help = "interface that is called, with its version",
	.example = "dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003,=2,any_frag", .scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse,
	.match = match, .protocols = "dcerpc smb", .dirs = 3, .progress = { 1, 1 },
};
