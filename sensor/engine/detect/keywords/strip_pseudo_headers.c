/*
 * strip_pseudo_headers - takes HTTP/2 headers that begin with a colon out
 */
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, in.n + 1);
	uint32_t n = 0;

	if (!out)
		return SPAN_NONE;
	for (uint32_t i = 0; i < in.n;) {
		const uint8_t *e = memchr(in.p + i, '\n', in.n - i);
		uint32_t line = e ? (uint32_t) (e - (in.p + i)) + 1 : in.n - i;
		if (in.p[i] != ':') {
			memcpy(out + n, in.p + i, line);
			n += line;
		}
		i += line;
	}
	return span_of(out, n);
}

const struct keyword keyword_strip_pseudo_headers = {
	.name = "strip_pseudo_headers", .help = "takes HTTP/2 headers that begin with a colon out", .example = "http.uri; strip_pseudo_headers",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
