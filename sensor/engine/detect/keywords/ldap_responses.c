#include "engine/detect/keywords/ldap_responses.h"

#include <stdlib.h>
#include <strings.h>

enum which { ANY, ALL, ONE };

struct arg {
	const struct kw_number *number;
	enum which which;
	int index; /* ONE: from 0, or from the end when negative */
};

/* "success" of "success=0": the number as text. */
static const char *
named(const char *const names[], const char *word)
{
	size_t n = strlen(word);

	for (; *names; names++)
		if (strncasecmp(*names, word, n) == 0 && (*names)[n] == '=')
			return *names + n + 1;
	return NULL;
}

int
ldap_responses_parse(struct build *b, const char *value, const char *const names[], union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *word[2] = { NULL, NULL }, *number;
	int n = value ? build_split(b, value, word, 2) : 0;
	bool negated;
	char *end;

	if (!g)
		return E_NOMEM;
	if (n < 1)
		return build_error(b, 0, "a name or a number test was expected, and after a comma any, all or the place of an answer");
	negated = word[0][0] == '!';
	number = named(names, word[0] + negated);
	if (number && negated)
		number = arena_printf(build_arena(b), "!%s", number);
	if (build_number(b, number ? number : word[0], UINT32_MAX, &g->number) < 0)
		return build_error(b, 0, "\"%s\" is neither a known name nor a number test (5, !5, <5, >5, 3-9)", word[0]);
	if (n == 2 && strcasecmp(word[1], "all") == 0) {
		g->which = ALL;
	} else if (n == 2 && strcasecmp(word[1], "any") != 0) {
		long v = strtol(word[1], &end, 10);

		if (end == word[1] || *end || v < INT16_MIN || v > INT16_MAX)
			return build_error(b, 0, "\"%s\": any, all or the place of an answer was expected", word[1]);
		g->which = ONE;
		g->index = (int) v;
	}
	out->p = g;
	return 0;
}

bool
ldap_responses_match(const struct match_ctx *c, const union kw_arg *a, bool (*get)(const struct ldap_msg *m, uint32_t *out))
{
	const struct ldap_tx *t = (const struct ldap_tx *) c->tx;
	const struct arg *g = a->p;
	struct ldap_msg m;
	bool any = false;
	uint32_t v;

	if (g->which == ONE) {
		int64_t i = g->index < 0 ? (int64_t) t->n + g->index : g->index;

		return i >= 0 && ldap_answer(t, (unsigned) i, &m) && get(&m, &v) && kw_number_has(g->number, v);
	}
	for (struct rd r = rd_of(bytes_span(&t->answers)); rd_left(&r) && ldap_message(&r, &m);) {
		bool has = get(&m, &v);

		if (g->which == ANY && has && kw_number_has(g->number, v))
			return true;
		if (g->which == ALL && has && !kw_number_has(g->number, v))
			return false;
		any |= has;
	}
	return g->which == ALL && any;
}
