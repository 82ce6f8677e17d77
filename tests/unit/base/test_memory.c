/*
 * Tests of arena, slab, pool and buf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/grow.h"
#include "base/huge.h"
#include "base/pool.h"
#include "base/slab.h"

static void
arena_keeps_blocks(void **state)
{
	struct arena a;
	size_t held;

	arena_init(&a, 0);
	for (int i = 1; i < 3000; i++) {
		uint8_t *p = arena_zalloc(&a, (size_t) i);
		assert_int_equal((uintptr_t) p % 16, 0);
		memset(p, 0xaa, (size_t) i);
	}
	held = a.held;
	for (int round = 0; round < 3; round++) {
		arena_reset(&a);
		for (int i = 1; i < 3000; i++)
			assert_int_equal(*(uint8_t *) arena_zalloc(&a, (size_t) i), 0);
	}
	assert_int_equal(a.held, held);
	assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
	assert_string_equal(arena_strdup(&a, "text"), "text");
	assert_true(span_eq(arena_dup(&a, SPAN_LIT("a\0b")), SPAN_LIT("a\0b")));
	arena_clear(&a);
	assert_int_equal(a.held, 0);
}

static void
arena_ceiling(void **state)
{
	struct arena a;

	arena_init(&a, 100000);
	assert_int_equal(arena_reserve(&a, 100000), 0);
	assert_int_equal(a.held, 100000);
	assert_non_null(arena_alloc(&a, 60000));
	assert_null(arena_alloc(&a, 60000));
	assert_non_null(arena_alloc(&a, 30000));
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 99000));
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_clear(&a);
}

static void
slab_gives_zeroes(void **state)
{
	struct slab s;
	uint8_t *p[4];

	assert_int_equal(slab_init(&s, 100, 4), 0);
	assert_int_equal(s.size, 112);
	for (int i = 0; i < 4; i++) {
		p[i] = slab_take(&s);
		assert_non_null(p[i]);
		memset(p[i], 0xff, 100);
	}
	assert_null(slab_take(&s));
	slab_give(&s, p[2]);
	slab_give(&s, p[0]);
	assert_ptr_equal(slab_take(&s), p[0]);
	p[2] = slab_take(&s);
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[2][i], 0);
	assert_int_equal(s.used, 4);
	assert_int_equal(s.peak, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(slab_number(&s, p[i]), i + 1);
		assert_ptr_equal(slab_at(&s, i + 1), p[i]);
	}
	assert_null(slab_at(&s, 0));
	assert_int_equal(slab_number(&s, NULL), 0);
	slab_clear(&s);
}

static void
pool_sizes(void **state)
{
	assert_int_equal(pool_size(1), 64);
	assert_int_equal(pool_size(64), 64);
	assert_int_equal(pool_size(65), 80);
	assert_int_equal(pool_size(80), 80);
	assert_int_equal(pool_size(81), 96);
	assert_int_equal(pool_size(113), 128);
	assert_int_equal(pool_size(129), 160);
	assert_int_equal(pool_size(1 << 20), 1 << 20);
	assert_int_equal(pool_size((1 << 20) + 1), 0);
	for (size_t n = 65; n <= 1 << 20; n++)
		if (pool_size(n) < n || pool_size(n) * 4 > n * 5)
			fail_msg("%zu is in a block of %zu", n, pool_size(n));
}

/* Blocks of random sizes, filled and checked: none overlaps another, and used goes back to 0. */
static void
pool_blocks_are_apart(void **state)
{
	struct pool *p = pool_new(256 * 1024);
	struct {
		uint8_t *b;
		uint32_t n;
	} out[256] = { { 0 } };
	unsigned seed = 1;

	for (unsigned i = 0; i < 50000; i++) {
		unsigned k = (unsigned) rand_r(&seed) % 256;
		if (out[k].b) {
			for (uint32_t j = 0; j < out[k].n; j++)
				assert_int_equal(out[k].b[j], k);
			pool_give(p, out[k].b, out[k].n);
			out[k].b = NULL;
			continue;
		}
		out[k].n = (uint32_t) (rand_r(&seed) % (rand_r(&seed) % 16 ? 1500 : 40000));
		out[k].b = pool_take(p, out[k].n);
		if (out[k].b)
			memset(out[k].b, (int) k, out[k].n);
	}
	assert_true(pool_refused(p) > 0);
	assert_true(pool_used(p) <= pool_ceiling(p));
	for (unsigned k = 0; k < 256; k++)
		pool_give(p, out[k].b, out[k].n);
	assert_int_equal(pool_used(p), 0);
	assert_null(pool_take(p, (1 << 20) + 1));
	pool_free(p);
}

static void
bytes_grow(void **state)
{
	struct pool *p = pool_new(64 * 1024);
	struct bytes b = { 0 };

	for (int i = 0; i < 1000; i++)
		assert_int_equal(bytes_add(&b, p, SPAN_LIT("0123456789"), 10000), 0);
	assert_int_equal(bytes_add(&b, p, SPAN_LIT("x"), 10000), -1);
	assert_int_equal(b.n, 10000);
	bytes_drop(&b, 9995);
	assert_true(span_eq(bytes_span(&b), SPAN_LIT("56789")));
	bytes_drop(&b, 100);
	assert_int_equal(b.n, 0);
	bytes_clear(&b, p);
	assert_int_equal(pool_used(p), 0);
	pool_free(p);
}

static void
buf_has_a_ceiling(void **state)
{
	struct buf b;

	buf_init(&b, 10);
	assert_int_equal(buf_str(&b, "12345"), 0);
	assert_int_equal(buf_printf(&b, "%d", 678), 0);
	assert_int_equal(buf_str(&b, "abc"), -1);
	assert_true(b.full);
	assert_string_equal(b.p, "12345678");
	assert_int_equal(buf_printf(&b, "%d", 90), 0);
	assert_int_equal(b.n, 10);
	buf_reset(&b);
	assert_false(b.full);
	assert_string_equal(b.p, "");
	assert_int_equal(buf_read_file(&b, "/nonexistent"), -1);
	assert_int_equal(buf_read_file(&b, "/proc/self/status"), -1); /* longer than 10 */
	buf_clear(&b);
}

/* Pieces small and larger than a mapping keep what was written while others come and go; a mapping of one's own is zero. */
static void
huge_pieces_are_apart(void **state)
{
	static const size_t sizes[] = { 1, 64, 100000, 3 << 20, 5 << 20, 4096, 4 << 20, 63 };
	uint8_t *p[8] = { 0 };
	size_t n = (2 << 20) + 1;

	for (unsigned round = 0; round < 40; round++) {
		unsigned i = round * 5 % 8;
		if (p[i]) {
			assert_int_equal(p[i][0], i + 1);
			assert_int_equal(p[i][sizes[i] - 1], i + 1);
		}
		huge_give(p[i]);
		assert_non_null(p[i] = huge_take(sizes[i]));
		memset(p[i], (int) i + 1, sizes[i]);
	}
	for (unsigned i = 0; i < 8; i++)
		huge_give(p[i]);
	assert_null(huge_take(SIZE_MAX - 32));
	uint8_t *own = huge_map(&n);
	assert_non_null(own);
	assert_int_equal(n, 4 << 20);
	assert_int_equal((uintptr_t) own % (2 << 20), 0);
	assert_int_equal(own[0] | own[n - 1], 0);
	huge_unmap(own, (2 << 20) + 1);
}

static size_t
pages_there(const struct grow *g)
{
	unsigned char v[8 << 20 >> 12];
	size_t n = 0;

	assert_true(g->size <= 8u << 20);
	assert_int_equal(mincore(g->map, g->size, v), 0);
	for (size_t i = 0; i < (g->size + 4095) / 4096; i++)
		n += v[i] & 1;
	return n * 4096;
}

/* Nothing for little, then step by step as far as it is filled and a bit more, never beyond its end. */
static void
grow_is_ahead(void **state)
{
	const size_t size = (7u << 20) + 8192, mib = 1u << 20;
	struct grow g;

	assert_int_equal(grow_map(&g, 0, 0), 0);
	assert_false(grow_ahead(&g, -1));
	grow_unmap(&g);
	assert_int_equal(grow_map(&g, SIZE_MAX / 2, 0), E_NOMEM);
	assert_int_equal(grow_map(&g, size, size), 0);
	assert_false(grow_ahead(&g, -1));
	if (madvise(g.map, 4096, MADV_POPULATE_WRITE) < 0)
		skip(); /* a kernel without: what it makes ahead is nothing */
	size_t before = pages_there(&g);
	grow_to(&g, mib + 1);
	assert_true(grow_ahead(&g, -1));
	assert_false(grow_ahead(&g, -1));
	assert_in_range(pages_there(&g), before + 2 * mib, 3 * mib); /* the first pages are the owner's to touch */
	grow_to(&g, 5 * mib);
	assert_true(grow_ahead(&g, -1));
	assert_false(grow_ahead(&g, -1));
	assert_in_range(pages_there(&g), before + 4 * mib, 5 * mib);
	grow_to(&g, size);
	assert_true(grow_ahead(&g, -1));
	assert_false(grow_ahead(&g, -1));
	assert_int_equal(g.ready, size);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(g.map[i], 0);
	grow_unmap(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arena_keeps_blocks), cmocka_unit_test(arena_ceiling),
		cmocka_unit_test(slab_gives_zeroes), cmocka_unit_test(pool_sizes), cmocka_unit_test(pool_blocks_are_apart),
		cmocka_unit_test(bytes_grow), cmocka_unit_test(buf_has_a_ceiling),
		cmocka_unit_test(huge_pieces_are_apart), cmocka_unit_test(grow_is_ahead) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
