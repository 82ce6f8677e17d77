/*
 * dotprefix - puts a dot in front
 */
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, in.n + 1);
	uint32_t n = 0;

	if (!out)
		return SPAN_NONE;
	out[n++] = '.';
	memcpy(out + n, in.p, in.n);
	n += in.n;
	return span_of(out, n);
}

const struct keyword keyword_dotprefix = {
	.name = "dotprefix", .help = "puts a dot in front", .example = "http.uri; dotprefix",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
