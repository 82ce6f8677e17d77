/*
 * Plans in their file: what was used last comes first, the rest stays while there is room, and nothing is believed that does not fit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/detect/plans.h"

static char dir[] = "/tmp/casus-plans-XXXXXX";

static const uint8_t *
key(uint8_t k)
{
	static uint8_t bytes[PLAN_KEY];

	memset(bytes, k, sizeof(bytes));
	return bytes;
}

static void
add(struct plans *p, uint8_t k, uint32_t n)
{
	uint8_t *plan = malloc(n);

	memset(plan, k, n);
	plans_add(p, key(k), span_of(plan, n));
	free(plan);
}

static void
expect(struct plans *p, uint8_t k, uint32_t n)
{
	bool kept;
	struct span got = plans_find(p, key(k), &kept);

	assert_int_equal(got.n, n);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(got.p[i], k);
}

static off_t
size(void)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "%s/sieves", dir);
	return stat(path, &st) < 0 ? -1 : st.st_size;
}

static void
test_file(void **state)
{
	struct plans *p = plans_read(dir);

	expect(p, 1, 0);
	plans_done(p);
	assert_int_equal(size(), -1); /* nothing to write */
	p = plans_read(dir);
	add(p, 1, 10);
	add(p, 2, 20);
	expect(p, 1, 10); /* in the same start, too */
	plans_done(p);
	off_t two = size();
	p = plans_read(dir);
	expect(p, 1, 10);
	expect(p, 2, 20);
	expect(p, 3, 0);
	bool kept;
	plans_find(p, key(2), &kept);
	assert_true(kept);
	add(p, 1, 11); /* the one there was did not fit */
	expect(p, 1, 11);
	plans_find(p, key(1), &kept);
	assert_false(kept);
	plans_done(p);
	assert_int_equal(size(), two + 1);
}

/* There is room for four; of five, one that was not asked for makes place for the new one. */
static void
test_bound(void **state)
{
	const uint32_t quarter = PLANS_MAX / 4 - 100;
	struct plans *p = plans_read(dir);

	for (uint8_t k = 10; k < 14; k++)
		add(p, k, quarter);
	plans_done(p);
	p = plans_read(dir);
	expect(p, 10, quarter);
	expect(p, 12, quarter);
	expect(p, 13, quarter);
	add(p, 14, quarter);
	plans_done(p);
	p = plans_read(dir);
	expect(p, 10, quarter);
	expect(p, 11, 0);
	expect(p, 12, quarter);
	expect(p, 13, quarter);
	expect(p, 14, quarter);
	plans_done(p);
	assert_true(size() > 4 * quarter && size() < PLANS_MAX + 100);
}

/* Cut anywhere, the whole entries are there. */
static void
test_cut(void **state)
{
	uint8_t body[2 * (PLAN_KEY + 4 + 3)];

	for (uint8_t k = 0; k < 2; k++) {
		uint8_t *e = body + k * sizeof(body) / 2;
		memset(e, k + 1, PLAN_KEY);
		memcpy(e + PLAN_KEY, "\0\0\0\3", 4);
		memset(e + PLAN_KEY + 4, k + 1, 3);
	}
	for (uint32_t n = 0; n <= sizeof(body); n++) {
		struct plans *p = plans_of(span_of(body, n));
		expect(p, 1, n >= sizeof(body) / 2 ? 3 : 0);
		expect(p, 2, n >= sizeof(body) ? 3 : 0);
		plans_done(p);
	}
	memcpy(body + PLAN_KEY, "\xff\xff\xff\xff", 4);
	struct plans *p = plans_of(span_of(body, sizeof(body)));
	expect(p, 1, 0);
	plans_done(p);
}

static void
test_none(void **state)
{
	add(NULL, 1, 5);
	expect(NULL, 1, 0);
	plans_done(NULL);
	struct plans *p = plans_read(NULL);
	add(p, 1, 5);
	expect(p, 1, 5);
	plans_done(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_file), cmocka_unit_test(test_bound), cmocka_unit_test(test_cut), cmocka_unit_test(test_none) };
	char path[64];

	if (!mkdtemp(dir))
		return 77;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(path, sizeof(path), "%s/sieves", dir);
	unlink(path);
	rmdir(dir);
	return failed;
}
