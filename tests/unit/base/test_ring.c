/*
 * Tests of the ring: order, wrap-around, fullness, and two threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include "base/ring.h"

#define RECORDS 200000u

static void
order_and_sizes(void **state)
{
	struct ring *r = ring_new(1);
	uint8_t *p;

	assert_int_equal(ring_size(r), 65536);
	assert_null(ring_front(r).p);
	p = ring_reserve(r, 100);
	assert_int_equal((uintptr_t) p % 16, 0);
	memset(p, 1, 100);
	assert_null(ring_front(r).p); /* not yet visible */
	ring_commit(r, 40);
	assert_non_null(ring_reserve(r, 100));
	ring_commit(r, 0); /* forgotten */
	p = ring_reserve(r, 3);
	memcpy(p, "abc", 3);
	ring_commit(r, 3);
	assert_int_equal(ring_front(r).n, 40);
	ring_pop(r);
	assert_true(span_eq(ring_front(r), SPAN_LIT("abc")));
	ring_pop(r);
	assert_null(ring_front(r).p);
	ring_pop(r);
	assert_int_equal(ring_used(r), 0);
	assert_null(ring_reserve(r, 65536));
	assert_null(ring_reserve(r, 0));
	ring_free(r);
}

static void
fills_and_wraps(void **state)
{
	struct ring *r = ring_new(65536);
	unsigned in = 0, out = 0;

	for (int round = 0; round < 50; round++) {
		uint32_t n = 1000 + 37 * (uint32_t) round;
		void *p;
		while ((p = ring_reserve(r, n))) {
			memset(p, (int) (in++ & 255), n);
			ring_commit(r, n);
		}
		assert_true(ring_used(r) > 65536 - 2 * 4096);
		for (struct span s; (s = ring_front(r)).p; ring_pop(r), out++) {
			assert_int_equal(s.p[0], out & 255);
			assert_int_equal(s.p[s.n - 1], out & 255);
		}
		assert_int_equal(in, out);
		assert_int_equal(ring_used(r), 0);
	}
	ring_free(r);
}

static void *
produce(void *arg)
{
	struct ring *r = arg;
	unsigned seed = 1;

	for (uint32_t i = 0; i < RECORDS;) {
		uint32_t n = 4 + (uint32_t) rand_r(&seed) % 500;
		uint8_t *p = ring_reserve(r, n);
		if (!p) {
			sched_yield();
			continue;
		}
		memcpy(p, &i, 4);
		memset(p + 4, (int) (i & 255), n - 4);
		ring_commit(r, n);
		i++;
	}
	return NULL;
}

static void
two_threads(void **state)
{
	struct ring *r = ring_new(65536);
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, produce, r), 0);
	for (uint32_t i = 0; i < RECORDS;) {
		struct span s = ring_front(r);
		uint32_t seen;
		if (!s.p) {
			sched_yield();
			continue;
		}
		memcpy(&seen, s.p, 4);
		if (seen != i || (s.n > 4 && s.p[s.n - 1] != (i & 255)))
			fail_msg("record %u came as %u", i, seen);
		ring_pop(r);
		i++;
	}
	pthread_join(t, NULL);
	assert_int_equal(ring_used(r), 0);
	ring_free(r);
}

/* Whoever reads everything at once finds it in the first part of the map; when he is late, nothing is written over. */
static void
reader_keeps_up(void **state)
{
	struct ring *r = ring_new(16u << 20);
	uint8_t *first = ring_reserve(r, 1), *p, *last = first;
	unsigned in = 0, out = 0;

	ring_commit(r, 0);
	for (unsigned i = 0; i < 100000; i++) {
		p = ring_reserve(r, 1000 + i % 500);
		assert_non_null(p);
		memcpy(p, &in, sizeof(in));
		ring_commit(r, 1000);
		in++;
		if (p > last)
			last = p;
		if (i % 20000 > 100 || i % 100 == 0) /* now and then 100 records wait */
			for (struct span s; (s = ring_front(r)).p; ring_pop(r), out++)
				assert_memory_equal(s.p, &out, sizeof(out));
	}
	assert_int_equal(in, out);
	assert_true((size_t) (last - first) < 1u << 20);
	ring_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(order_and_sizes), cmocka_unit_test(fills_and_wraps),
		cmocka_unit_test(two_threads), cmocka_unit_test(reader_keeps_up) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
