/*
 * to_lowercase - upper case letters to lower case
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
		out[n] = byte_lower(in.p[n]);
	return span_of(out, n);
}

const struct keyword keyword_to_lowercase = {
	.name = "to_lowercase", .help = "upper case letters to lower case", .example = "http.uri; to_lowercase",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
