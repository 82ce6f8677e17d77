/*
 * config - the rule matched: something of the engine changes for what it matched. So far: no record of a transaction.
 *
 * Language: Suricata user guide, "Config Rules". Of its combinations only those of type tx and scope tx do something there.
 */
#include "engine/detect/dataset.h"

static void
act(const struct match_ctx *c, const union kw_arg *a)
{
	const struct app *app = c->in->app;

	if (c->tx)
		c->tx->unlogged = true;
	else if (app && app->last)
		app->last->unlogged = true; /* a rule that looked at no transaction: the newest one */
}

/* "word value", the value one of a list; its place, or -1. */
static int
word_of(const char *part, const char *name, const char *const *values)
{
	size_t n = strlen(name);

	return strncmp(part, name, n) == 0 && part[n] == ' ' ? dataset_word(values, part + n + strspn(part + n, " ")) : -1;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const char *const actions[] = { "disable", NULL }, *const types[] = { "tx", "flow", NULL },
		*const scopes[] = { "tx", "flow", "packet", NULL };
	const char *v[4];
	int n = build_split(b, a->text, v, 4), type, scope;

	if (n != 3)
		return build_error(b, 0, "expected such as \"logging disable, type tx, scope tx\"");
	if (word_of(v[0], "logging", actions) < 0 && word_of(v[0], "tracking", actions) < 0)
		return build_error(b, 0, "\"%s\" where \"logging disable\" or \"tracking disable\" is expected", v[0]);
	if ((type = word_of(v[1], "type", types)) < 0)
		return build_error(b, 0, "\"%s\" where \"type tx\" or \"type flow\" is expected", v[1]);
	if ((scope = word_of(v[2], "scope", scopes)) < 0)
		return build_error(b, 0, "\"%s\" where \"scope tx\", \"scope flow\" or \"scope packet\" is expected", v[2]);
	if (type == 0 && scope == 0)
		return build_act(b, act, a);
	build_warning(b, "config of %s and %s has no effect: only type tx with scope tx has", v[1], v[2]);
	return 0;
}

const struct keyword keyword_config = {
	.name = "config", .help = "no record is written of the transaction that matched", .example = "config:logging disable, type tx, scope tx",
	.scope = KW_ACTION, .arg = ARG_STRING, .setup = setup, .note = "of type tx and scope tx; others load and have no effect",
};
