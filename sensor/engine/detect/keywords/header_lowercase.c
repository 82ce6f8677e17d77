/*
 * header_lowercase - names of headers to lower case
 */
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, in.n + 1);
	uint32_t n = 0;

	if (!out)
		return SPAN_NONE;
	bool name = true;
	for (; n < in.n; n++) {
		uint8_t c = in.p[n];
		if (c == ':')
			name = false;
		else if (c == '\n')
			name = true;
		out[n] = name ? byte_lower(c) : c;
	}
	return span_of(out, n);
}

const struct keyword keyword_header_lowercase = {
	.name = "header_lowercase", .help = "names of headers to lower case", .example = "http.uri; header_lowercase",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
