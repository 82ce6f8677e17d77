/*
 * from_base64 - decodes base64
 */
#include <stdlib.h>

#include "engine/detect/build.h"

static bool
atoi_ok(const char *s, uint32_t *out)
{
	char *end;

	s += strspn(s, " ");
	*out = (uint32_t) strtoul(s, &end, 10);
	end += strspn(end, " ");
	return end > s && !*end && *out <= UINT16_MAX;
}

struct how {
	uint32_t bytes, offset;
	int mode; /* 0: RFC 2045, 1: RFC 4648, 2: strict */
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct how *h = arena_zalloc(build_arena(b), sizeof(*h));
	const char *v[4], *text = value ? build_text(b, value) : NULL;
	int n = text ? build_split(b, text, v, 4) : 0;

	if (!h)
		return E_NOMEM;
	h->mode = 1;
	for (int i = 0; i < n; i++) {
		if (!strncmp(v[i], "bytes ", 6) && atoi_ok(v[i] + 6, &h->bytes))
			continue;
		if (!strncmp(v[i], "offset ", 7) && atoi_ok(v[i] + 7, &h->offset))
			continue;
		if (!strcmp(v[i], "mode rfc2045"))
			h->mode = 0;
		else if (!strcmp(v[i], "mode rfc4648"))
			h->mode = 1;
		else if (!strcmp(v[i], "mode strict"))
			h->mode = 2;
		else
			return build_error(b, 0, "\"%s\": bytes N, offset N or mode rfc2045|rfc4648|strict was expected", v[i]);
	}
	if (n < 0)
		return build_error(b, 0, "too many words");
	out->p = h;
	return 0;
}

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	const struct how *h = a->p;
	uint8_t *out = arena_alloc(scratch, in.n + 1);

	if (!out)
		return SPAN_NONE;
	if (h->offset > in.n)
		return in;
	struct span text = span_skip(in, h->offset);
	if (h->bytes)
		text = span_head(text, h->bytes);
	uint32_t n = base64_run(text, out, in.n, h->mode == 2);
	return n ? span_of(out, n) : in;
}

const struct keyword keyword_from_base64 = {
	.name = "from_base64", .help = "decodes base64", .example = "http.uri; from_base64:offset 6",
	.scope = KW_TRANSFORM, .arg = ARG_CUSTOM, .transform = transform, .parse = parse,
};
