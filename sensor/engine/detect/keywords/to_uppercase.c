/*
 * to_uppercase - lower case letters to upper case
 */
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, in.n + 1);
	uint32_t n = 0;

	if (!out)
		return SPAN_NONE;
	for (; n < in.n; n++)
		out[n] = in.p[n] >= 'a' && in.p[n] <= 'z' ? in.p[n] & ~0x20 : in.p[n];
	return span_of(out, n);
}

const struct keyword keyword_to_uppercase = {
	.name = "to_uppercase", .help = "lower case letters to upper case", .example = "http.uri; to_uppercase",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
