/*
 * Literals looked up in short inputs: what is found is what is there, whatever the lengths, the case and how many share their bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/detect/grams.h"
#include "dice.h"
#include "literals.h"

#define LITERALS 400
#define INPUTS 400

static int
by_length(const void *a, const void *b)
{
	const struct literal *x = a, *y = b;

	return x->s.n < y->s.n ? -1 : x->s.n > y->s.n;
}

static void
check(const struct grams *g, const struct literal *l, uint32_t n, struct span in)
{
	bool *got = calloc(n, sizeof(*got));

	grams_find(g, in, put, got);
	expect_found(got, l, n, in);
	free(got);
}

/* Literals of these lengths out of few letters, in inputs that have some of them. */
static void
one_set(uint32_t n, uint32_t least, uint32_t most, uint32_t letters)
{
	static const char alphabet[] = "abAB0\x00\xff/zq Z{@[`";
	struct literal l[LITERALS];
	uint8_t text[LITERALS][LITERAL_MAX];
	uint32_t first[LITERALS];
	struct arena a;

	for (uint32_t i = 0; i < n; i++) {
		l[i] = (struct literal) { .s = span_of(text[i], least + dice(most - least + 1)), .nocase = dice(2), .sig = i };
		for (uint32_t k = 0; k < l[i].s.n; k++) {
			text[i][k] = (uint8_t) alphabet[dice(letters)];
			if (l[i].nocase)
				text[i][k] = byte_lower(text[i][k]);
		}
		first[i] = i;
	}
	qsort(l, n, sizeof(l[0]), by_length);
	arena_init(&a, 0);
	struct grams *g = grams_build(&a, l, first, n);
	assert_non_null(g);
	assert_true(grams_limit(g) <= GRAMS_INPUT);
	for (uint32_t k = 0; k < INPUTS; k++) {
		uint32_t size = k % 8 == 0 ? dice(8) : k % 8 == 1 ? GRAMS_INPUT - dice(3) : dice(200);
		uint8_t *p = malloc(size ? size : 1); /* of its very size: reading beyond is seen */
		for (uint32_t i = 0; i < size; i++)
			p[i] = (uint8_t) alphabet[dice(letters)];
		for (uint32_t m = dice(4); m > 0; m--) { /* some that are there, in either case */
			const struct literal *x = &l[dice(n)];
			if (x->s.n > size)
				continue;
			uint32_t at = dice(3) ? dice(size - x->s.n + 1) : dice(2) ? 0 : size - x->s.n;
			memcpy(p + at, x->s.p, x->s.n);
			if (p[at] >= 'a' && p[at] <= 'z' && dice(2))
				p[at] -= 32;
		}
		check(g, l, n, span_of(p, size));
		free(p);
	}
	arena_clear(&a);
}

static void
test_lengths(void **state)
{
	(void) state;
	one_set(LITERALS, 1, LITERAL_MAX, 16);
	one_set(LITERALS, 1, 12, 4);
	one_set(60, 7, 10, 3);
	one_set(60, 11, 14, 2);
	one_set(200, 4, 6, 5);
	one_set(40, 2, 3, 8);
}

/* Of each kind so few that they are compared one by one. */
static void
test_few(void **state)
{
	(void) state;
	for (uint32_t n = 1; n < 6; n++) {
		one_set(n, 1, 3, 6);
		one_set(n, 1, 20, 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lengths), cmocka_unit_test(test_few) };

	seed = 3;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
