/*
 * tcp.session - phase of the TCP session at this packet: setup, established, closing; several of them by commas.
 *
 * closing lies within established: from the first FIN (RFC 9293 section 3.6) until both sides are done.
 */
#include "engine/detect/keyword.h"

enum { SETUP = 1, ESTABLISHED = 2, CLOSING = 4 };
static const struct {
	const char *name;
	uint8_t bit;
} phases[] = { { "setup", SETUP }, { "established", ESTABLISHED }, { "closing", CLOSING } };

struct arg {
	uint8_t set;
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = build_text(b, value), *word[3];
	int n = text ? build_split(b, text, word, 3) : 0;

	if (!g)
		return E_NOMEM;
	for (int i = 0; i < n; i++) {
		uint8_t bit = 0;

		for (size_t k = 0; k < sizeof(phases) / sizeof(phases[0]); k++)
			if (strcmp(word[i], phases[k].name) == 0)
				bit = phases[k].bit;
		if (!bit)
			return build_error(b, 0, "\"%s\": setup, established or closing was expected", word[i]);
		g->set |= bit;
	}
	out->p = g;
	return n < 1 ? build_error(b, 0, "up to three of setup, established and closing were expected") : 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct arg *g = a->p;
	enum stream_state s = stream_state(c->in->stream);
	uint8_t now = c->in->established ? ESTABLISHED : SETUP;

	if (s > STREAM_ESTABLISHED && s < STREAM_CLOSED)
		now |= CLOSING;
	return (now & g->set) != 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t tcp = 6;

	return build_ip_proto(b, &tcp, 1) < 0 ? E_BAD : build_match(b, match, a, 0);
}

const struct keyword keyword_tcp_session = {
	.name = "tcp.session", .help = "phase of the TCP session at this packet", .example = "tcp.session:setup,closing",
	.scope = KW_FLOW, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET | KW_NEEDS_FLOW | KW_NEEDS_STREAM, .parse = parse, .setup = setup,
};
