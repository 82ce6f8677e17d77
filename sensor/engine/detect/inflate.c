/*
 * inflate - over zlib, which is given memory of the scratch arena only.
 */
#include <stdlib.h>
#include <zlib.h>

#include "engine/detect/inflate.h"

int
inflate_parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char expected[] = "expected max-size and a number of bytes up to 1048576";
	uint32_t *max = arena_alloc(build_arena(b), sizeof(*max));
	const char *text = build_text(b, value);
	uint64_t v;

	if (!max)
		return E_NOMEM;
	*max = INFLATE_MAX;
	out->p = max;
	if (!text)
		return 0;
	if (strncmp(text, "max-size ", 9) != 0)
		return build_error(b, 0, "\"%s\": %s", text, expected);
	if (conf_parse_size(&v, text + 9) < 0 || v < 1 || v > 1 << 20)
		return build_error(b, 0, "\"%s\": %s", text, expected);
	*max = (uint32_t) v;
	return 0;
}

static voidpf
take(voidpf scratch, uInt items, uInt size)
{
	return arena_zalloc(scratch, (size_t) items * size);
}

static void
give(voidpf scratch, voidpf p)
{
}

struct span
inflate_bytes(struct span in, bool gzip, uint32_t max, struct arena *scratch)
{
	z_stream z = { .zalloc = take, .zfree = give, .opaque = scratch, .next_in = (Bytef *) (uintptr_t) in.p, .avail_in = in.n };
	uint8_t *out = arena_alloc(scratch, max);

	if (!out || in.n == 0 || inflateInit2(&z, gzip ? 16 + MAX_WBITS : MAX_WBITS) != Z_OK)
		return SPAN_NONE;
	z.next_out = out;
	z.avail_out = max;
	inflate(&z, Z_SYNC_FLUSH); /* what came out before an error counts */
	inflateEnd(&z);
	return z.total_out ? span_of(out, z.total_out) : SPAN_NONE;
}
