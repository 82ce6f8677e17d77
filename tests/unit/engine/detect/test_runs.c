/*
 * Patterns of one byte over and over are found where they are, and nowhere else: random ones in random bytes with many runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/vec.h"
#include "engine/detect/ruleset.h"
#include "dice.h"

#define RUNS 12
#define INPUTS 20000
#define INPUT 300

static void
test_which_are_runs(void **state)
{
	(void) state;
	assert_true(run_is(&(struct literal) { SPAN_LIT("AAAA"), false, 0 }));
	assert_true(run_is(&(struct literal) { SPAN_LIT("===="), true, 0 }));
	assert_true(run_is(&(struct literal) { span_of("\0\0\0", 3), true, 0 }));
	assert_false(run_is(&(struct literal) { SPAN_LIT("aaaa"), true, 0 })); /* "aAaA", too */
	assert_false(run_is(&(struct literal) { SPAN_LIT("AAAB"), false, 0 }));
	assert_false(run_is(&(struct literal) { SPAN_LIT("AA"), false, 0 }));
}

static bool
is_in(const struct literal *l, struct span s)
{
	for (uint32_t at = 0; at + l->s.n <= s.n; at++)
		if (memcmp(s.p + at, l->s.p, l->s.n) == 0)
			return true;
	return false;
}

/* As a search for other literals tells of them, or more of them, some blocks at a time. */
static void
look_in_blocks(const struct runs *r, struct span in, struct candidates *c)
{
	uint64_t blocks = 0;
	uint32_t done = 0, some = 64 * (1 + dice(3));

	for (uint32_t at = 0; at < in.n; at += some, blocks = 0) {
		for (uint32_t i = at; i < at + some && i < in.n; i++)
			if (dice(50) == 0 || (i + 2 < in.n && in.p[i] == in.p[i + 1] && in.p[i] == in.p[i + 2]))
				blocks |= UINT64_C(1) << (i - at) / 64;
		runs_look(r, in, at, blocks, &done, c);
	}
}

static uint64_t
look(const struct runs *r, const struct literal *l, struct span in, bool in_blocks)
{
	uint64_t word[1] = { 0 }, summary[1] = { 0 }, told = 0, n = 0;
	struct candidates c = { .word = word, .summary = summary, .n_words = 1, .n_summary = 1 };
	uint32_t sig;

	if (in_blocks)
		look_in_blocks(r, in, &c);
	else
		runs_find(r, in, &c);
	while (candidates_take(&c, &sig))
		told |= UINT64_C(1) << sig;
	for (uint32_t i = 0; i < RUNS; i++) {
		n += told >> i & 1;
		if ((told >> i & 1) != is_in(&l[i], in))
			fail_msg("%u bytes of %02x in %u bytes: %s", l[i].s.n, l[i].s.p[0], in.n, told >> i & 1 ? "must not be found" : "must be found");
	}
	return n;
}

static void
test_found_where_they_are(void **state)
{
	static uint8_t text[RUNS][LITERAL_MAX], in[INPUT];
	struct literal l[RUNS];
	struct arena a;
	uint64_t n = 0;

	(void) state;
	for (uint32_t set = 0; set < 20; set++) {
		arena_init(&a, 0);
		for (uint32_t i = 0; i < RUNS; i++) {
			uint32_t size = set % 3 == 0 ? 3 + dice(LITERAL_MAX - 2) : set % 3 == 1 ? 3 + dice(6) : 7 + dice(12);
			memset(text[i], "A=\0"[dice(3)], size);
			l[i] = (struct literal) { span_of(text[i], size), false, i };
		}
		struct runs *r = runs_build(&a, l, RUNS);
		assert_non_null(r);
		for (uint32_t k = 0; k < INPUTS / 20; k++) {
			uint32_t size = dice(INPUT + 1);
			for (uint32_t at = 0; at < size;) {
				uint8_t byte = (uint8_t) "A=\0b"[dice(4)];
				for (uint32_t m = 1 + dice(dice(3) ? 4 : 70); m && at < size; m--)
					in[at++] = byte;
			}
			n += look(r, l, span_of(in, size), false);
			if (vec_lanes() == 64 && runs_close(r))
				look(r, l, span_of(in, size), true);
		}
		arena_clear(&a);
	}
	assert_true(n > INPUTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_are_runs),
		cmocka_unit_test(test_found_where_they_are),
	};

	seed = 3;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
