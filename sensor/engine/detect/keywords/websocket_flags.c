/*
 * websocket.flags - the four bits in front of a frame: a number, or names of bits: "fin,!comp".
 */
#include <ctype.h>

#include "engine/app/protocols/websocket.h"
#include "engine/detect/keyword.h"

struct arg {
	const struct kw_number *number; /* NULL: by names */
	uint8_t set, clear;
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = build_text(b, value), *word[4];
	int n = text ? build_split(b, text, word, 4) : 0;

	if (!g)
		return E_NOMEM;
	out->p = g;
	if (text && strpbrk(text, "0123456789") && !isalpha((unsigned char) text[0]))
		return build_number(b, text, UINT8_MAX, &g->number) < 0 ? build_error(b, 0, "a number, or fin and comp, were expected") : 0;
	for (int i = 0; i < n; i++) {
		bool neg = word[i][0] == '!';
		uint8_t bit = strcmp(word[i] + neg, "fin") == 0 ? WEBSOCKET_FIN : strcmp(word[i] + neg, "comp") == 0 ? WEBSOCKET_COMP : 0;

		if (!bit)
			return build_error(b, 0, "\"%s\": fin, comp, one of them with ! or a number was expected", word[i]);
		*(neg ? &g->clear : &g->set) |= bit;
	}
	return n < 1 ? build_error(b, 0, "fin, comp or a number was expected") : 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	uint8_t flags = ((const struct websocket_tx *) c->tx)->flags;
	const struct arg *g = a->p;

	return g->number ? kw_number_has(g->number, flags) : (flags & g->set) == g->set && !(flags & g->clear);
}

const struct keyword keyword_websocket_flags = {
	.name = "websocket.flags", .help = "bits in front of a frame: fin, comp", .example = "websocket.flags:fin,!comp", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "websocket", .dirs = 3, .progress = { 1, 1 },
};
