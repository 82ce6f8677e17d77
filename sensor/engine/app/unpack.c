/*
 * unpack - content codings of HTTP bodies, undone as the bytes come.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool.
 * Owns:      the libraries' states.
 * Not here:  which coding a body has -> its protocol
 */
#include "engine/app/unpack.h"

#include <brotli/decode.h>
#include <strings.h>
#include <zlib.h>

#include "engine/app/heap.h"

#define PIECE 8192u
#define BOMB_RATIO 2048u

struct unpack {
	enum unpack_kind kind;
	bool begun, ended;
	uint64_t in, out;
	z_stream z;
	BrotliDecoderState *br;
};

enum unpack_kind
unpack_kind_of(struct span name)
{
	static const struct {
		const char *name;
		enum unpack_kind kind;
	} names[] = { { "gzip", UNPACK_GZIP }, { "x-gzip", UNPACK_GZIP }, { "deflate", UNPACK_DEFLATE }, { "br", UNPACK_BROTLI } };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name.n == strlen(names[i].name) && strncasecmp((const char *) name.p, names[i].name, name.n) == 0)
			return names[i].kind;
	return UNPACK_NONE;
}

struct unpack *
unpack_new(struct app *a, enum unpack_kind kind)
{
	struct unpack *u = app_take(a, sizeof(*u));

	if (!u)
		return NULL;
	u->kind = kind;
	u->z.zalloc = app_heap_zlib;
	u->z.zfree = app_heap_give;
	u->z.opaque = a;
	if (kind == UNPACK_BROTLI && !(u->br = BrotliDecoderCreateInstance(app_heap_take, app_heap_give, a))) {
		app_give(a, u, sizeof(*u));
		return NULL;
	}
	return u;
}

/* "deflate" is zlib's format (RFC 1950), yet some send the bare one (RFC 1951). */
static bool
begin_zlib(struct unpack *u, struct span in)
{
	bool zlib = (in.p[0] & 0x0f) == 8 && (in.n < 2 || (in.p[0] << 8 | in.p[1]) % 31 == 0);

	u->begun = true;
	return inflateInit2(&u->z, u->kind == UNPACK_GZIP ? 16 + MAX_WBITS : zlib ? MAX_WBITS : -MAX_WBITS) == Z_OK;
}

static enum unpack_result
grown(struct unpack *u, uint64_t bomb)
{
	return bomb && u->out > bomb && u->out / BOMB_RATIO > u->in ? UNPACK_BOMB : UNPACK_OK;
}

static enum unpack_result
feed_zlib(struct unpack *u, struct span in, uint64_t bomb, void (*out)(void *, struct span), void *arg)
{
	uint8_t piece[PIECE];

	if (!u->begun && !begin_zlib(u, in))
		return UNPACK_FAILED;
	u->z.next_in = (Bytef *) (uintptr_t) in.p;
	u->z.avail_in = in.n;
	for (;;) {
		u->z.next_out = piece;
		u->z.avail_out = PIECE;
		int r = inflate(&u->z, Z_NO_FLUSH);
		uint32_t n = PIECE - u->z.avail_out;

		u->out += n;
		if (n)
			out(arg, span_of(piece, n));
		if (r == Z_STREAM_END) {
			u->ended = true;
			return UNPACK_OK;
		}
		if (r != Z_OK && r != Z_BUF_ERROR)
			return UNPACK_FAILED;
		if (grown(u, bomb) != UNPACK_OK)
			return UNPACK_BOMB;
		if (u->z.avail_out)
			return UNPACK_OK;
	}
}

static enum unpack_result
feed_brotli(struct unpack *u, struct span in, uint64_t bomb, void (*out)(void *, struct span), void *arg)
{
	const uint8_t *next = in.p;
	size_t left = in.n;

	for (;;) {
		BrotliDecoderResult r = BrotliDecoderDecompressStream(u->br, &left, &next, &(size_t) { 0 }, NULL, NULL);
		size_t n = 0;
		const uint8_t *p = BrotliDecoderTakeOutput(u->br, &n);

		u->out += n;
		if (n)
			out(arg, span_of(p, n));
		if (r == BROTLI_DECODER_RESULT_ERROR)
			return UNPACK_FAILED;
		if (grown(u, bomb) != UNPACK_OK)
			return UNPACK_BOMB;
		if (r == BROTLI_DECODER_RESULT_SUCCESS)
			u->ended = true;
		if (r != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
			return UNPACK_OK;
	}
}

enum unpack_result
unpack_feed(struct unpack *u, struct span in, uint64_t bomb, void (*out)(void *arg, struct span bytes), void *arg)
{
	u->in += in.n;
	if (u->ended || !in.n) /* what follows the end is no part of the content */
		return UNPACK_OK;
	return u->kind == UNPACK_BROTLI ? feed_brotli(u, in, bomb, out, arg) : feed_zlib(u, in, bomb, out, arg);
}

void
unpack_free(struct app *a, struct unpack *u)
{
	if (!u)
		return;
	if (u->begun)
		inflateEnd(&u->z);
	if (u->br)
		BrotliDecoderDestroyInstance(u->br);
	app_give(a, u, sizeof(*u));
}
