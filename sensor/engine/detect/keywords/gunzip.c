/*
 * gunzip - the buffer, gzip unpacked. RFC 1952.
 */
#include "engine/detect/inflate.h"

static struct span
transform(const union kw_arg *a, struct span in, struct arena *scratch)
{
	return inflate_bytes(in, true, *(const uint32_t *) a->p, scratch);
}

const struct keyword keyword_gunzip = {
	.name = "gunzip", .help = "the buffer, gzip unpacked", .example = "file.data; gunzip:max-size 8192",
	.scope = KW_TRANSFORM, .arg = ARG_CUSTOM, .parse = inflate_parse, .transform = transform,
};
