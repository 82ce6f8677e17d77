/*
 * tls.fingerprint - the SHA-1 of the server's certificate, "0a:1b:..."; letters of either case.
 */
#include "engine/app/protocols/tls.h"
#include "engine/detect/keyword.h"

struct arg {
	const char *text;
	bool negated;
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));

	if (!g)
		return E_NOMEM;
	g->negated = value && *value == '!';
	g->text = value ? build_text(b, value + g->negated) : NULL;
	if (!g->text || strlen(g->text) != 59 || strspn(g->text, "0123456789abcdefABCDEF:") != 59)
		return build_error(b, 0, "bad fingerprint, expected 20 bytes in hex with colons between them");
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct arg *g = a->p;
	struct span seen;

	each_field(f, c->tx->proto)
		if (strcmp(f->name, "tls.cert_fingerprint") == 0 && f->bytes)
			return f->bytes(c->tx, TO_CLIENT, 0, NULL, &seen) && seen.n == 59
			    && (strncasecmp((const char *) seen.p, g->text, 59) == 0) != g->negated;
	return false;
}

const struct keyword keyword_tls_fingerprint = {
	.name = "tls.fingerprint", .help = "SHA-1 of the server's certificate", .example = "tls.fingerprint:!\"4a:a3:...:93\"",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "tls", .dirs = 2,
	.progress = { TLS_C_CERT, TLS_S_CERT },
};
