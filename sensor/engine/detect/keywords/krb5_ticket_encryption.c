/*
 * krb5.ticket_encryption - what the ticket of an answer is encrypted with: names or numbers of types, or "weak"; with ! none of them.
 */
#include "engine/app/protocols/krb5.h"
#include "engine/detect/keyword.h"

#include <stdlib.h>

#define MOST 32

struct arg {
	bool negated, weak;
	int n;
	int32_t of[MOST];
};

static bool
etype(const char *text, int32_t *out)
{
	char *end;
	long v;

	if (krb5_etype_find(text, out))
		return true;
	v = strtol(text, &end, 10);
	*out = (int32_t) v;
	return end != text && !*end && v >= INT32_MIN && v <= INT32_MAX;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = value ? build_text(b, value) : NULL;
	char *copy, *word, *save = NULL;

	if (!g)
		return E_NOMEM;
	if (text && *text == '!') {
		g->negated = true;
		text++;
	}
	if (!text || !(copy = arena_strdup(build_arena(b), text)))
		return build_error(b, 0, "weak, or names or numbers of encryption types were expected");
	for (word = strtok_r(copy, ", \t", &save); word; word = strtok_r(NULL, ", \t", &save)) {
		if (g->n == 0 && !g->weak && strcmp(word, "weak") == 0)
			g->weak = true;
		else if (g->weak || g->n == MOST || !etype(word, &g->of[g->n++]))
			return build_error(b, 0, "\"%s\": weak alone, or up to %d names or numbers of encryption types were expected", word, MOST);
	}
	if (!g->weak && !g->n)
		return build_error(b, 0, "weak, or names or numbers of encryption types were expected");
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct krb5_tx *t = (const struct krb5_tx *) c->tx;
	const struct arg *g = a->p;
	bool has = g->weak && krb5_etype_weak(t->ticket_etype);

	if (!t->has_ticket)
		return false;
	for (int i = 0; i < g->n && !has; i++)
		has = g->of[i] == t->ticket_etype;
	return has != g->negated;
}

const struct keyword keyword_krb5_ticket_encryption = {
	.name = "krb5.ticket_encryption", .help = "encryption of a Kerberos ticket: names or numbers of types, or weak",
	.example = "krb5.ticket_encryption:rc4-hmac,rc4-hmac-exp", .scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match,
	.protocols = "krb5", .dirs = 2, .progress = { 1, 1 },
};
