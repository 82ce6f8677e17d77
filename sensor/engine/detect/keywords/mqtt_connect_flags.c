/*
 * mqtt.connect.flags - flags of CONNECT: "username,!will".
 */
#include "engine/app/protocols/mqtt.h"
#include "engine/detect/keyword.h"

static const struct {
	const char *name;
	uint8_t bit;
} flag[] = { { "username", 0x80 }, { "password", 0x40 }, { "will_retain", 0x20 }, { "will", 4 }, { "clean_session", 2 } };

struct arg {
	uint8_t set, clear;
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *word[8];
	int n = value ? build_split(b, value, word, 8) : 0;

	if (!g)
		return E_NOMEM;
	for (int i = 0; i < n; i++) {
		bool neg = word[i][0] == '!';
		uint8_t bit = 0;

		for (size_t k = 0; k < sizeof(flag) / sizeof(flag[0]); k++)
			if (strcmp(word[i] + neg, flag[k].name) == 0)
				bit = flag[k].bit;
		if (!bit)
			return build_error(b, 0, "\"%s\": username, password, will, will_retain, clean_session was expected", word[i]);
		*(neg ? &g->clear : &g->set) |= bit;
	}
	if (n < 1)
		return build_error(b, 0, "username, password, will, will_retain, clean_session was expected");
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct mqtt_tx *t = (const struct mqtt_tx *) c->tx;
	const struct arg *g = a->p;

	struct mqtt_connect m;

	return t->n && mqtt_connect(&t->m[0], &m) && (m.flags & g->set) == g->set && !(m.flags & g->clear);
}

const struct keyword keyword_mqtt_connect_flags = {
	.name = "mqtt.connect.flags", .help = "flags of CONNECT", .example = "mqtt.connect.flags:username,!will", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "mqtt", .dirs = 1, .progress = { 1, 1 },
};
