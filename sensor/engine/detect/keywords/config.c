/*
 * config - the rule matched: something of the engine changes for what it matched. So far: no record of a transaction.
 */
#include "engine/detect/build.h"

static void
act(const struct match_ctx *c, const union kw_arg *a)
{
	const struct app *app = c->in->app;

	if (c->tx)
		c->tx->unlogged = true;
	else if (app && app->last)
		app->last->unlogged = true; /* a rule that looked at no transaction: the newest one */
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char *const expected[] = { "logging disable", "type tx", "scope tx" };
	const char *text = build_text(b, value), *v[4];
	int n = text ? build_split(b, text, v, 4) : 0;

	for (int i = 0; i < n && i < 3; i++)
		if (strcmp(v[i], expected[i]) != 0)
			return build_error(b, 0, "\"%s\" where \"%s\" is expected", v[i], expected[i]);
	return n == 3 ? 0 : build_error(b, 0, "expected \"logging disable, type tx, scope tx\"");
}

const struct keyword keyword_config = {
	.name = "config", .help = "no record is written of the transaction that matched", .example = "config:logging disable, type tx, scope tx",
	.scope = KW_ACTION, .arg = ARG_CUSTOM, .parse = parse, .act = act,
};
