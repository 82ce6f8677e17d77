/*
 * to_sha256 - SHA256 of the buffer, as bytes
 */
#include "base/hash.h"
#include "engine/detect/keyword.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	uint8_t *out = arena_alloc(scratch, 32);

	if (!out)
		return SPAN_NONE;
	hash_sha256(in, out);
	return span_of(out, 32);
}

const struct keyword keyword_to_sha256 = {
	.name = "to_sha256", .help = "SHA256 of the buffer, as bytes", .example = "http.uri; to_sha256",
	.scope = KW_TRANSFORM, .arg = ARG_NONE, .transform = transform,
};
