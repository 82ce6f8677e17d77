/*
 * zlib_deflate - the buffer, zlib unpacked. RFC 1950.
 */
#include "engine/detect/inflate.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	return inflate_bytes(in, false, *(const uint32_t *) a->p, scratch);
}

const struct keyword keyword_zlib_deflate = {
	.name = "zlib_deflate", .help = "the buffer, zlib unpacked", .example = "file.data; zlib_deflate:max-size 8192",
	.scope = KW_TRANSFORM, .arg = ARG_CUSTOM, .parse = inflate_parse, .transform = transform,
};
