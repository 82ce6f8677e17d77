/*
 * mqtt.flags - dup and retain of any message of an exchange: "retain,!dup".
 */
#include "engine/app/protocols/mqtt.h"
#include "engine/detect/keyword.h"

struct arg {
	uint8_t set, clear;
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *word[4];
	int n = value ? build_split(b, value, word, 4) : 0;

	if (!g)
		return E_NOMEM;
	for (int i = 0; i < n; i++) {
		bool neg = word[i][0] == '!';
		uint8_t bit = strcmp(word[i] + neg, "retain") == 0 ? 1 : strcmp(word[i] + neg, "dup") == 0 ? 8 : 0;

		if (!bit)
			return build_error(b, 0, "\"%s\": retain, dup or one of them with ! was expected", word[i]);
		*(neg ? &g->clear : &g->set) |= bit;
	}
	if (n < 1)
		return build_error(b, 0, "retain, dup or one of them with ! was expected");
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct mqtt_tx *t = (const struct mqtt_tx *) c->tx;
	const struct arg *g = a->p;

	for (unsigned i = 0; i < t->n; i++)
		if ((t->m[i].first & g->set) == g->set && !(t->m[i].first & g->clear))
			return true;
	return false;
}

const struct keyword keyword_mqtt_flags = {
	.name = "mqtt.flags", .help = "dup and retain of a message", .example = "mqtt.flags:retain,!dup", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "mqtt", .dirs = 1, .progress = { 1, 1 },
};
