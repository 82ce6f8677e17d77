/*
 * to_sha1 - SHA1 of the buffer, as bytes
 */
#include "base/hash.h"
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, 20);

	if (!out)
		return SPAN_NONE;
	hash_sha1(in, out);
	return span_of(out, 20);
}

const struct keyword keyword_to_sha1 = {
	.name = "to_sha1", .help = "SHA1 of the buffer, as bytes", .example = "http.uri; to_sha1",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
