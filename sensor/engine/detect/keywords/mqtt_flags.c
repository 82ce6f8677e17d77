/*
 * mqtt.flags - the lower four bits of the first byte of any message of an exchange: "retain,!dup", or a number.
 */
#include "engine/app/protocols/mqtt.h"
#include "engine/detect/flag_test.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const struct flag_word words[] = { { "retain", 1 }, { "dup", 8 }, { NULL, 0 } };

	return flag_words_parse(b, value, words, "retain, dup", out);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct mqtt_tx *t = (const struct mqtt_tx *) c->tx;

	for (unsigned i = 0; i < t->n; i++)
		if (flag_words_has(a->p, t->m[i].first & 0xf))
			return true;
	return false;
}

const struct keyword keyword_mqtt_flags = {
	.name = "mqtt.flags", .help = "dup and retain of a message", .example = "mqtt.flags:retain,!dup", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "mqtt", .dirs = 1, .progress = { 1, 1 },
};
