/*
 * ssl_state - the hello or key exchange that came last, of either side: any of the words, or with '!' another one than it.
 *
 * Spec: RFC 5246 section 7.4. The words are separated by | or commas.
 */
#include "engine/app/protocols/tls.h"
#include "engine/detect/keyword.h"

static const struct {
	const char *name;
	uint8_t bit;
} words[] = { { "client_hello", TLS_SEEN_CLIENT_HELLO }, { "server_hello", TLS_SEEN_SERVER_HELLO },
	{ "client_keyx", TLS_SEEN_CLIENT_KEYX }, { "server_keyx", TLS_SEEN_SERVER_KEYX }, { "unknown", 0 } };

struct arg {
	uint8_t is, is_not;
	bool unknown, known;
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *s = build_text(b, value);

	if (!g)
		return E_NOMEM;
	do {
		bool neg, found = false;
		size_t n;

		s = s ? s + strspn(s, " ") : "";
		neg = *s == '!';
		s += neg;
		n = strcspn(s, "|, ");
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (strlen(words[i].name) != n || strncmp(words[i].name, s, n))
				continue;
			found = true;
			*(neg ? &g->is_not : &g->is) |= words[i].bit;
			if (!words[i].bit)
				*(neg ? &g->known : &g->unknown) = true;
		}
		if (!found)
			return build_error(b, 0, "client_hello, server_hello, client_keyx, server_keyx or unknown was expected, several with |");
		s += n + strspn(s + n, " ");
	} while ((*s == '|' || *s == ',') && s++);
	out->p = g;
	return *s ? build_error(b, 0, "| was expected between the words") : 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	uint8_t state = ((const struct tls_tx *) c->tx)->state;
	const struct arg *g = a->p;

	if (!state)
		return g->unknown || g->is_not;
	return state & g->is || g->is_not & ~state || g->known;
}

const struct keyword keyword_ssl_state = {
	.name = "ssl_state", .help = "the hello or key exchange that came last", .example = "ssl_state:client_hello|server_hello", .scope = KW_TX,
	.arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "tls", .dirs = 3,
};
