/*
 * test_texts - lists of texts: each is found at its place, in whatever order they are asked for, while more are added.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "../detect/dice.h"
#include "engine/app/app.h"

#define TEXTS 400
#define MAX 8000

static uint32_t budget; /* bytes until memory is short */
static uint8_t room[MAX];

/* What the list needs of the framework. */
int
app_keep(struct app *a, struct bytes *b, struct span s, uint32_t max)
{
	(void) a;
	if (b->n + s.n > max || b->n + s.n > budget)
		return -1;
	if (s.n)
		memcpy(room + b->n, s.p, s.n);
	*b = (struct bytes) { .p = room, .n = b->n + s.n, .cap = MAX };
	return 0;
}

static uint32_t
text_of(char out[static 40], uint32_t i)
{
	return (uint32_t) snprintf(out, 40, "%.*s%u", (int) (i % 30), "..............................", i) * (i % 7 != 0);
}

static void
expect_text(const struct app_list *list, uint32_t i)
{
	char text[40];
	uint32_t n = text_of(text, i);
	struct span v;

	assert_true(app_list_at(list, i, &v));
	assert_true(span_eq(v, span_of(text, n)));
}

static void
test_any_order(void **state)
{
	struct app_list list = { .i = 0 };
	char text[40];
	struct span v;
	uint32_t n = 0;

	(void) state;
	budget = MAX;
	assert_false(app_list_at(&list, 0, &v));
	while (n < TEXTS) {
		app_list_add(NULL, &list, span_of(text, text_of(text, n)), MAX);
		n++;
		for (uint32_t k = dice(4); k > 0; k--)
			expect_text(&list, dice(n));
		if (dice(3) == 0)
			assert_false(app_list_at(&list, n + dice(3), &v));
	}
	for (uint32_t i = 0; i < n; i++)
		expect_text(&list, i);
	struct rd r = app_list_all(&list);
	for (uint32_t i = 0; i < n; i++) {
		assert_true(app_list_next(&r, &v));
		assert_true(span_eq(v, span_of(text, text_of(text, i))));
	}
	assert_false(app_list_next(&r, &v));
}

/* A text that memory is missing for is left out whole; a shorter one may still find room. */
static void
test_short_of_memory(void **state)
{
	struct app_list list = { .i = 0 };
	struct span v;

	(void) state;
	budget = 12;
	app_list_add(NULL, &list, span_str("abcdef"), MAX);
	app_list_add(NULL, &list, span_str("longer"), MAX);
	app_list_add(NULL, &list, span_str("xy"), MAX);
	app_list_add(NULL, &list, span_str("z"), 12);
	assert_true(app_list_at(&list, 1, &v));
	assert_true(span_eq(v, span_str("xy")));
	assert_false(app_list_at(&list, 2, &v));
	assert_true(app_list_at(&list, 0, &v));
	assert_true(span_eq(v, span_str("abcdef")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_short_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
