/*
 * mqtt.connect.flags - flags of CONNECT: "username,!will", or a number.
 */
#include "engine/app/protocols/mqtt.h"
#include "engine/detect/flag_test.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const struct flag_word words[] = { { "username", 0x80 }, { "password", 0x40 }, { "will_retain", 0x20 }, { "will", 4 },
		{ "clean_session", 2 }, { NULL, 0 } };

	return flag_words_parse(b, value, words, "username, password, will, will_retain, clean_session", out);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct mqtt_tx *t = (const struct mqtt_tx *) c->tx;
	struct mqtt_connect m;

	return t->n && mqtt_connect(&t->m[0], &m) && flag_words_has(a->p, m.flags);
}

const struct keyword keyword_mqtt_connect_flags = {
	.name = "mqtt.connect.flags", .help = "flags of CONNECT", .example = "mqtt.connect.flags:username,!will", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "mqtt", .dirs = 1, .progress = { 1, 1 },
};
