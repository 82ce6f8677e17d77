/*
 * xor - xor with a key in hex
 */
#include "engine/detect/keyword.h"

struct key {
	uint32_t n;
	uint8_t b[255];
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct key *k = arena_zalloc(build_arena(b), sizeof(*k));
	const char *s = build_text(b, value);
	unsigned v;

	if (!k)
		return E_NOMEM;
	if (!s || strlen(s) % 2 || strlen(s) > 2 * sizeof(k->b))
		return build_error(b, 0, "a key of 1 to 255 bytes in hex was expected");
	for (; *s; s += 2) {
		if (strspn(s, "0123456789abcdefABCDEF") < 2 || sscanf(s, "%2x", &v) != 1)
			return build_error(b, 0, "a key in hex was expected");
		k->b[k->n++] = (uint8_t) v;
	}
	out->p = k;
	return 0;
}

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	const struct key *k = a->p;
	uint8_t *out = arena_alloc(scratch, in.n + 1);

	if (!out)
		return SPAN_NONE;
	for (uint32_t i = 0; i < in.n; i++)
		out[i] = in.p[i] ^ k->b[i % k->n];
	return span_of(out, in.n);
}

const struct keyword keyword_xor = {
	.name = "xor", .help = "xor with a key in hex", .example = "file.data; xor:\"0d0ac8ff\"",
	.scope = KW_TRANSFORM, .arg = ARG_CUSTOM, .transform = transform, .parse = parse,
};
