/*
 * The inflater makes of gzip streams what zlib makes of them: whole and damaged ones, of all kinds of blocks, in pieces of any size; and
 * where one is larger than what is kept of it, still the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../fuzz/inflater_twin.h"
#include "../detect/dice.h"

#define STREAMS 3000
#define TEXT (96u << 10)

static struct twin twin;

static uint32_t
write_text(uint8_t *p, uint32_t n)
{
	static const char *const words[] = { "the ", "quick <div class=\"x\">", "brown\r\n", "fox", "0", "function(a,b){return ", "aaaaaaaaaaaaaaaa", "zz" };
	uint32_t at = 0, noise = dice(3) ? 0 : 1 + dice(8);

	while (at + 32 < n) {
		if (noise && dice(noise + 1) == 0) {
			for (uint32_t k = dice(30); k; k--)
				p[at++] = (uint8_t) dice(256);
			continue;
		}
		const char *w = words[dice(8)];
		memcpy(p + at, w, strlen(w));
		at += (uint32_t) strlen(w);
	}
	return at;
}

/* A gzip stream, behind whatever header. */
static uint32_t
write_stream(uint8_t *out, const uint8_t *text, uint32_t n)
{
	static const int levels[] = { 0, 1, 6, 9 }, strategies[] = { Z_DEFAULT_STRATEGY, Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE };
	uint8_t extra[20] = { 1, 2 };
	gz_header h = { .text = (int) dice(2) };
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, levels[dice(4)], Z_DEFLATED, 31, 1 + (int) dice(9), strategies[dice(5)]), Z_OK);
	if (dice(2)) {
		h.name = dice(2) ? (Bytef *) (uintptr_t) "index.html" : NULL;
		h.comment = dice(4) ? NULL : (Bytef *) (uintptr_t) "comment";
		h.extra = dice(4) ? NULL : extra;
		h.extra_len = sizeof(extra);
		h.hcrc = dice(4) == 0;
		deflateSetHeader(&z, &h);
	}
	z.next_out = out;
	z.avail_out = TWIN_IN;
	for (uint32_t at = 0, k; at < n; at += k) {
		k = dice(3) ? n - at : 1 + dice(n - at);
		z.next_in = (Bytef *) (uintptr_t) text + at;
		z.avail_in = k;
		int flush = at + k == n ? Z_FINISH : dice(2) ? Z_SYNC_FLUSH : Z_FULL_FLUSH;
		assert_int_equal(deflate(&z, flush), flush == Z_FINISH ? Z_STREAM_END : Z_OK);
	}
	n = (uint32_t) z.total_out;
	deflateEnd(&z);
	return n;
}

/* Cut, changed in places, or followed by something. */
static uint32_t
damage(uint8_t *p, uint32_t n)
{
	switch (dice(6)) {
	case 0:
		return dice(n);
	case 1:
		p[n++] = 0x1f;
		p[n++] = (uint8_t) dice(256);
		return n;
	case 2:
	case 3:
		for (uint32_t k = 1 + dice(3); k; k--)
			p[dice(n)] ^= (uint8_t) (1u << dice(8));
		return n;
	case 4:
		p[n - 1 - dice(8)]++; /* checksum or length */
		return n;
	}
	return n;
}

static void
test_same_as_zlib(void **state)
{
	uint8_t *text = malloc(TEXT), *stream = malloc(TWIN_IN);
	uint32_t ended = 0, failed = 0, open = 0, longer = 0;

	(void) state;
	for (uint32_t i = 0; i < STREAMS; i++) {
		uint32_t n = write_text(text, 40 + dice(dice(8) ? 4000 : TEXT - 40));
		n = damage(stream, write_stream(stream, text, n));
		struct span in = span_of(stream, n);
		uint32_t step = 1 + dice(dice(3) ? 3000 : 16), room = 1 + dice(dice(3) ? 8192 : 300);
		struct twin_result a = twin_zlibs(&twin, 47, in), b = twin_ours(&twin, 47, in, step, room);
		ended += a.end == Z_STREAM_END;
		failed += a.end < 0;
		open += a.end == Z_OK;
		if (b.n < a.n || memcmp(twin.ours, twin.zlibs, a.n) != 0)
			fail_msg("stream %u, %u bytes by %u into %u: %u bytes of zlib, %u of ours, not the same", i, n, step, room, a.n, b.n);
		if (a.n == b.n && a.end == b.end && a.left == b.left)
			continue;
		if (a.end != Z_DATA_ERROR)
			fail_msg("stream %u, %u bytes by %u into %u: %u bytes, end %d, %u left of zlib; %u, %d, %u of ours", i, n, step, room, a.n, a.end, a.left,
			    b.n, b.end, b.left);
		longer++; /* code tables that are not complete */
	}
	print_message("%u streams ended, %u failed, %u wanted more; of %u more came out\n", ended, failed, open, longer);
	assert_true(ended > 100 && failed > 100 && open > 100 && longer * 100 < failed);
	free(text);
	free(stream);
}

/* More than is kept: whole, then with a wrong checksum. */
static void
test_large(void **state)
{
	uint32_t n = 200u << 10;
	uint8_t *text = malloc(n), *stream = malloc(TWIN_IN);

	(void) state;
	for (uint32_t i = 0; i < n; i++)
		text[i] = (uint8_t) dice(256);
	uint32_t size = write_stream(stream, text, n);
	assert_true(size > 128u << 10);
	for (int wrong = 0; wrong < 2; wrong++) {
		stream[size - 8] ^= (uint8_t) wrong;
		struct twin_result r = twin_ours(&twin, 31, span_of(stream, size), 1460, 8192);
		assert_int_equal(r.end, wrong ? Z_DATA_ERROR : Z_STREAM_END);
		assert_int_equal(r.n, n);
		assert_memory_equal(twin.ours, text, n);
	}
	free(text);
	free(stream);
}

/* ISA-L's state is more than twice as large as zlib's: it is not asked for where memory is short. */
static void
test_short_of_memory(void **state)
{
	static const uint8_t head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	struct inflater x;
	uint8_t out[16];
	void *block[64];

	(void) state;
	for (int full = 0; full < 2; full++) {
		const uint8_t *p = head;
		uint32_t n = sizeof(head), room = sizeof(out), blocks = 0;
		while (full && pool_used(twin.pool) <= pool_ceiling(twin.pool) / 2)
			assert_non_null(block[blocks++] = pool_take(twin.pool, 1u << 20));
		assert_true(inflater_begin(&x, &twin.app, 31));
		assert_int_equal(inflater_run(&x, &twin.app, &p, &n, out, &room), Z_OK);
		assert_int_equal(x.fast != NULL, !full);
		inflater_end(&x, &twin.app);
		while (blocks)
			pool_give(twin.pool, block[--blocks], 1u << 20);
	}
}

/* Nor where a name in the header is not there as a whole: ISA-L would not know any more that it is a name. */
static void
test_name_in_two_pieces(void **state)
{
	static const uint8_t head[] = { 0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 'n', 'a', 'm', 'e', 0 };
	struct inflater x;
	uint8_t out[16];

	(void) state;
	for (uint32_t n = 1; n <= sizeof(head); n++) {
		const uint8_t *p = head;
		uint32_t left = n, room = sizeof(out);
		assert_true(inflater_begin(&x, &twin.app, 47));
		assert_int_equal(inflater_run(&x, &twin.app, &p, &left, out, &room), Z_OK);
		assert_int_equal(x.fast != NULL, n == sizeof(head));
		inflater_end(&x, &twin.app);
	}
}

/* zlib says it of a damaged stream again and again. */
static void
test_error_stays(void **state)
{
	uint32_t n = 200u << 10, at;
	uint8_t *text = malloc(n), *stream = malloc(TWIN_IN), out[4096];
	struct inflater x;
	int r = Z_OK;

	(void) state;
	for (uint32_t i = 0; i < n; i++)
		text[i] = (uint8_t) dice(256);
	uint32_t size = write_stream(stream, text, n);
	stream[size - 8] ^= 1; /* its checksum */
	assert_true(inflater_begin(&x, &twin.app, 31));
	for (at = 0; r == Z_OK && at < size;) {
		const uint8_t *p = stream + at;
		uint32_t left = size - at < 1460 ? size - at : 1460, room = sizeof(out);
		r = inflater_run(&x, &twin.app, &p, &left, out, &room);
		at = (uint32_t) (p - stream);
	}
	assert_int_equal(r, Z_DATA_ERROR);
	for (int again = 0; again < 3; again++) {
		const uint8_t *p = stream;
		uint32_t left = 1000, room = sizeof(out);
		assert_int_equal(inflater_run(&x, &twin.app, &p, &left, out, &room), Z_DATA_ERROR);
		assert_int_equal(room, sizeof(out));
	}
	assert_false(inflater_more(&x));
	inflater_end(&x, &twin.app);
	free(text);
	free(stream);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_zlib),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_short_of_memory),
		cmocka_unit_test(test_name_in_two_pieces),
		cmocka_unit_test(test_error_stays),
	};
	struct diag d;

	seed = 3;
	diag_init(&d, 0);
	twin_begin(&twin, &d);
	diag_clear(&d);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
