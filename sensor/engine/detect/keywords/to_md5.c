/*
 * to_md5 - MD5 of the buffer, as bytes
 */
#include "base/hash.h"
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, 16);

	if (!out)
		return SPAN_NONE;
	hash_md5(in, out);
	return span_of(out, 16);
}

const struct keyword keyword_to_md5 = {
	.name = "to_md5", .help = "MD5 of the buffer, as bytes", .example = "http.uri; to_md5",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
