/*
 * Tests of crowd: each once while they are few, what a sketch needs when they are many, joined ones lose nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/crowd.h"
#include "base/hash.h"

static uint64_t
thing(uint64_t n)
{
	return hash_bytes(&n, sizeof n, 5);
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return x < y ? -1 : x > y;
}

static void
few_are_told_once(void **state)
{
	struct crowd c = { 0 };
	uint64_t *out;

	assert_int_equal(crowd_take(&c, &out), 0);
	assert_null(out);
	for (uint64_t n = 0; n < CROWD_WHOLE; n++) {
		assert_true(crowd_add(&c, thing(n)));
		assert_false(crowd_add(&c, thing(n)));
		assert_false(crowd_add(&c, thing(n / 2)));
		if (n == 10) {
			assert_int_equal(crowd_take(&c, &out), 11);
			assert_int_equal(out[3], thing(3));
			free(out);
		}
	}
	assert_true(crowd_is_whole(&c));
	assert_int_equal(crowd_take(&c, &out), CROWD_WHOLE - 11);
	assert_int_equal(out[0], thing(11));
	free(out);
	assert_false(crowd_add(&c, thing(7)));
	assert_true(crowd_is_whole(&c));
	crowd_add(&c, thing(CROWD_WHOLE));
	assert_false(crowd_is_whole(&c));
	crowd_clear(&c);
}

/* In whatever order and pieces they come: the elements that count are the same. */
static void
many_count_the_same(void **state)
{
	struct crowd a = { 0 }, b = { 0 }, c = { 0 }, half = { 0 };
	uint64_t *x, *y;
	uint32_t n;

	for (uint64_t k = 0; k < 50000; k++)
		crowd_add(&a, thing(k));
	for (uint64_t k = 50000; k-- > 0;)
		crowd_add(k % 2 ? &b : &half, thing(k));
	crowd_take(&half, &x); /* what was told already counts for whom it is joined with */
	free(x);
	crowd_join(&b, &half);
	n = crowd_take(&a, &x);
	assert_in_range(n, 14000, 16384);
	assert_int_equal(crowd_take(&b, &y), n);
	qsort(x, n, sizeof *x, by_value);
	qsort(y, n, sizeof *y, by_value);
	for (uint32_t k = 0; k < n; k++) /* of two that count the same the first one stays */
		crowd_add(&c, x[k]);
	for (uint32_t k = 0; k < n; k++)
		assert_false(crowd_add(&c, y[k]));
	free(x);
	free(y);
	assert_int_equal(crowd_take(&a, &x), 0);
	assert_false(crowd_add(&a, thing(17)));
	crowd_clear(&a);
	crowd_clear(&b);
	crowd_clear(&c);
	crowd_clear(&half);
}

static void
joined(void **state)
{
	struct crowd few = { 0 }, many = { 0 }, into = { 0 };
	uint64_t *x;

	for (uint64_t k = 0; k < 5; k++)
		crowd_add(&few, thing(k));
	crowd_add(&into, thing(3));
	crowd_join(&into, &few);
	assert_true(crowd_is_whole(&into));
	assert_int_equal(crowd_take(&into, &x), 5);
	free(x);
	for (uint64_t k = 0; k < 3000; k++)
		crowd_add(&many, thing(k));
	crowd_join(&into, &many);
	assert_false(crowd_is_whole(&into));
	assert_in_range(crowd_take(&into, &x), 2500, 2995); /* without the five; some share a register */
	free(x);
	crowd_clear(&into);
	crowd_forget(&few);
	assert_true(crowd_is_whole(&few));
	crowd_forget(&many);
	assert_false(crowd_is_whole(&many));
	crowd_join(&few, &many);
	assert_false(crowd_is_whole(&few));
	crowd_clear(&few);
	crowd_clear(&many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(few_are_told_once), cmocka_unit_test(many_count_the_same), cmocka_unit_test(joined) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
