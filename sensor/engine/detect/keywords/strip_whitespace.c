/*
 * strip_whitespace - takes blanks and line ends out
 */
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, in.n + 1);
	uint32_t n = 0;

	if (!out)
		return SPAN_NONE;
	for (uint32_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];
		if (!(c == ' ' || (c >= '\t' && c <= '\r')))
			out[n++] = c;
	}
	return span_of(out, n);
}

const struct keyword keyword_strip_whitespace = {
	.name = "strip_whitespace", .help = "takes blanks and line ends out", .example = "http.uri; strip_whitespace",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
