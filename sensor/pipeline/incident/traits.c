#include "pipeline/incident/traits.h"

#include <ctype.h>
#include <string.h>

#include "base/hash.h"

static const struct trait_row {
	const char *in, *key; /* the outermost and the innermost name; in NULL: any */
	enum trait_kind kind;
} rows[] = {
	{ "tls", "sni", TRAIT_NAME },
	{ "tls", "fingerprint", TRAIT_CERTIFICATE },
	{ "quic", "sni", TRAIT_NAME },
	{ "http", "hostname", TRAIT_NAME },
	{ "dns", "rrname", TRAIT_NAME },
	{ NULL, "ja4", TRAIT_TOOL },
	{ NULL, "sha256", TRAIT_FILE },
	{ NULL, "sha1", TRAIT_FILE },
	{ NULL, "md5", TRAIT_FILE },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define DEPTH 8

/* The text of a string that begins after its quote; p is left after the closing one. */
static struct span
string_at(const char **p, const char *end)
{
	const char *from = *p;

	while (*p < end && **p != '"')
		*p += **p == '\\' && *p + 1 < end ? 2 : 1;
	struct span s = span_of(from, (uint32_t) (*p - from));
	if (*p < end)
		(*p)++;
	return s;
}

static bool
is(struct span s, const char *text)
{
	return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

static const struct trait_row *
row_of(struct span in, struct span parent, struct span key)
{
	static const struct trait_row ja3 = { NULL, "hash", TRAIT_TOOL };

	for (size_t k = 0; k < ROWS; k++)
		if (is(key, rows[k].key) && (!rows[k].in || is(in, rows[k].in)))
			return &rows[k];
	return is(key, "hash") && is(parent, "ja3") ? &ja3 : NULL;
}

/* An address in the place of a name is known already, and one label is nobody's own. */
static bool
is_name(struct span s)
{
	bool letter = false, dot = false;

	for (uint32_t k = 0; k < s.n; k++) {
		letter |= isalpha(s.p[k]) != 0;
		dot |= s.p[k] == '.';
	}
	return letter && dot && !memchr(s.p, ':', s.n);
}

static void
add(struct traits *out, enum trait_kind kind, struct span value, uint32_t sid)
{
	uint64_t h;

	if (out->n == TRAITS_MAX || value.n < 4 || (kind == TRAIT_NAME && !is_name(value)))
		return;
	h = hash_span(value, (uint64_t) kind << 32 | (kind == TRAIT_TOOL ? sid : 0));
	for (uint32_t k = 0; k < out->n; k++)
		if (out->hash[k] == h)
			return;
	out->hash[out->n++] = h;
}

void
traits_of(const struct event *e, bool outbound, uint32_t sid, struct traits *out)
{
	struct span text = event_text(e), path[DEPTH] = { 0 }, key = { 0 };
	const char *p = (const char *) text.p, *end = p + text.n;
	unsigned depth = 0;

	out->n = 0;
	while (p < end) {
		char c = *p++;
		if (c == '{' || c == '[') {
			if (depth < DEPTH)
				path[depth] = key;
			depth++;
		} else if (c == '}' || c == ']') {
			depth -= depth > 0;
		} else if (c == '"') {
			struct span s = string_at(&p, end);
			if (p < end && *p == ':') {
				key = s;
				continue;
			}
			const struct trait_row *r = row_of(depth ? path[0] : SPAN_NONE, depth && depth <= DEPTH ? path[depth - 1] : SPAN_NONE, key);
			if (r && (outbound || r->kind > TRAIT_CERTIFICATE))
				add(out, r->kind, s, sid);
		}
	}
}
