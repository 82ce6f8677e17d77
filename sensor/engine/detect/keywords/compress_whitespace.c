/*
 * compress_whitespace - several blanks become one
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
		bool blank = c == ' ' || (c >= '\t' && c <= '\r');
		uint8_t last = i ? in.p[i - 1] : 'x';
		if (!blank || !(last == ' ' || (last >= '\t' && last <= '\r')))
			out[n++] = c;
	}
	return span_of(out, n);
}

const struct keyword keyword_compress_whitespace = {
	.name = "compress_whitespace", .help = "several blanks become one", .example = "http.uri; compress_whitespace",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
