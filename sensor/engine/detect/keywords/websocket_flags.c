/*
 * websocket.flags - the four bits in front of a frame: a number, or names of bits: "fin,!comp".
 */
#include "engine/app/protocols/websocket.h"
#include "engine/detect/flag_test.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const struct flag_word words[] = { { "fin", WEBSOCKET_FIN }, { "comp", WEBSOCKET_COMP }, { NULL, 0 } };

	return flag_words_parse(b, value, words, "fin, comp", out);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return flag_words_has(a->p, ((const struct websocket_tx *) c->tx)->flags);
}

const struct keyword keyword_websocket_flags = {
	.name = "websocket.flags", .help = "bits in front of a frame: fin, comp", .example = "websocket.flags:fin,!comp", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "websocket", .dirs = 3, .progress = { 1, 1 },
};
