/*
 * A content is found at its first place and nowhere else: every length, every place before an edge, random bytes, either case;
 * against a search that compares one place after the other. What is looked through ends where reading further would be noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/detect/engine.h"
#include "dice.h"

#define HAY 300
#define RANDOM 200000

static uint32_t
naive(struct span hay, struct span p, bool nocase)
{
	for (uint32_t i = 0; i + p.n <= hay.n; i++) {
		struct span at = span_of(hay.p + i, p.n);
		if (nocase ? span_eq_nocase(at, p) : span_eq(at, p))
			return i;
	}
	return UINT32_MAX;
}

static void
check(struct span hay, struct span p, bool nocase)
{
	uint32_t is = content_find(hay, p.p, p.n, nocase), want = naive(hay, p, nocase);

	if (is != want)
		fail_msg("%u bytes in %u, nocase %d: at %d, expected %d", p.n, hay.n, nocase, (int) is, (int) want);
}

/* Bytes behind which no page can be read, nor before them. */
static uint8_t *
edge(void)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);
	uint8_t *p = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + page, page, PROT_READ | PROT_WRITE), 0);
	return p + 2 * page;
}

/* Alone in the bytes, at every place; each size of both. */
static void
test_every_place(void **state)
{
	uint8_t *end = edge();
	static const uint8_t p[] = "kEy~0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz!Y";
	static const uint32_t sizes[] = { 1, 2, 3, 4, 7, 8, 9, 16, 17, 33, 64, 65, sizeof(p) - 1 };
	uint8_t low[sizeof(p)];

	(void) state;
	for (uint32_t i = 0; i < sizeof(p); i++)
		low[i] = p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i];
	for (unsigned k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
		for (uint32_t size = 0; size <= 210; size++)
			for (uint32_t at = 0; at == 0 || at + sizes[k] <= size; at++) {
				struct span hay = span_of(end - size, size);
				memset(end - size, '.', size);
				if (at + sizes[k] <= size)
					memcpy(end - size + at, p, sizes[k]);
				check(hay, span_of(p, sizes[k]), false);
				check(hay, span_of(low, sizes[k]), true);
				if (sizes[k] > 2 && at + sizes[k] <= size) { /* the first and the last fit */
					end[(int) at - (int) size + 1] ^= 1;
					check(hay, span_of(p, sizes[k]), false);
					check(hay, span_of(low, sizes[k]), true);
				}
			}
	munmap(end - 2 * sysconf(_SC_PAGESIZE), 3 * (size_t) sysconf(_SC_PAGESIZE));
}

static void
test_by_chance(void **state)
{
	static uint8_t hay[HAY];
	uint32_t found = 0;

	(void) state;
	for (uint32_t k = 0; k < RANDOM; k++) {
		uint32_t size = dice(HAY + 1), letters = 2 + dice(4), n = 1 + dice(dice(2) ? 4 : 12), from = dice(64);
		uint8_t p[16];
		bool nocase = dice(2);
		if (from > size)
			from = size;
		for (uint32_t i = 0; i < size; i++)
			hay[i] = (uint8_t) "abA@`B"[dice(letters + 1)];
		for (uint32_t i = 0; i < n; i++)
			p[i] = (uint8_t) (nocase ? "ab@`" : "abA@`B")[dice(nocase ? 4 : letters + 1)];
		struct span s = span_of(hay + from, size - from);
		check(s, span_of(p, n), nocase);
		found += naive(s, span_of(p, n), nocase) != UINT32_MAX;
	}
	assert_true(found > RANDOM / 4 && found < RANDOM - RANDOM / 10);
}

static void
test_nothing(void **state)
{
	(void) state;
	assert_int_equal(content_find(SPAN_LIT("abc"), (const uint8_t *) "", 0, false), 0);
	assert_int_equal(content_find(SPAN_NONE, (const uint8_t *) "a", 1, false), UINT32_MAX);
	assert_int_equal(content_find(SPAN_LIT("ab"), (const uint8_t *) "abc", 3, true), UINT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_place),
		cmocka_unit_test(test_by_chance),
		cmocka_unit_test(test_nothing),
	};

	seed = 5;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
