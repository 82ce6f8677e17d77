/*
 * url_decode - decodes %XX and +
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
		if (in.p[i] == '%' && i + 2 < in.n && byte_hex(in.p[i + 1]) >= 0 && byte_hex(in.p[i + 2]) >= 0) {
			out[n++] = (uint8_t) (byte_hex(in.p[i + 1]) << 4 | byte_hex(in.p[i + 2]));
			i += 2;
		} else
			out[n++] = in.p[i] == '+' ? ' ' : in.p[i];
	}
	return span_of(out, n);
}

const struct keyword keyword_url_decode = {
	.name = "url_decode", .help = "decodes %XX and +", .example = "http.uri; url_decode",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
