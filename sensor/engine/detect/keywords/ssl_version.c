/*
 * ssl_version - the version offered or chosen is one of a list, or with '!' in front of it none of them.
 */
#include "engine/app/protocols/tls.h"
#include "engine/detect/build.h"

struct versions {
	uint16_t v[8];
	uint8_t n;
	bool negated;
};

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct versions *want = a->p;
	uint16_t v = ((const struct tls_tx *) c->tx)->side[c->dir].version;
	bool in = false;

	if (v == 0)
		return false;
	if (v >> 8 == 0x7f) /* drafts of 1.3 */
		v = 0x0304;
	for (unsigned i = 0; i < want->n; i++)
		in |= want->v[i] == v;
	return in != want->negated;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const struct {
		const char *name;
		uint16_t v;
	} names[] = { { "sslv2", 2 }, { "sslv3", 0x0300 }, { "tls1.0", 0x0301 }, { "tls1.1", 0x0302 }, { "tls1.2", 0x0303 },
		{ "tls1.3", 0x0304 } };
	struct versions *want = arena_zalloc(build_arena(b), sizeof(*want));
	const char *text = build_text(b, value), *part[8];
	int n = text ? build_split(b, text, part, 8) : -1;

	if (!want)
		return E_NOMEM;
	for (int i = 0; i < n; i++) {
		const char *word = part[i];
		unsigned k = 0;
		if (*word == '!') {
			want->negated = true;
			word += 1 + strspn(word + 1, " ");
		}
		while (k < sizeof(names) / sizeof(*names) && strcmp(names[k].name, word) != 0)
			k++;
		if (k == sizeof(names) / sizeof(*names))
			return build_error(b, 0, "\"%s\" is none of sslv2, sslv3, tls1.0, tls1.1, tls1.2, tls1.3", part[i]);
		want->v[want->n++] = names[k].v;
	}
	out->p = want;
	return n > 0 ? 0 : build_error(b, 0, "a version such as tls1.2 is expected, or several with commas");
}

const struct keyword keyword_ssl_version = {
	.name = "ssl_version", .help = "the version offered or chosen is in the list", .example = "ssl_version:tls1.0,tls1.1",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "tls", .dirs = 3,
	.progress = { TLS_C_HELLO, TLS_S_HELLO },
};
