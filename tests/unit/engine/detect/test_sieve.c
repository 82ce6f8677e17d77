/*
 * Literals sieved out of inputs: what is found is what is there, whatever the lengths, the case and how many share their bytes; nothing
 * outside of the input is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/detect/sieve.h"
#include "dice.h"
#include "literals.h"

#define LITERALS 2000
#define ROOM 12288 /* bytes of an input: whole pages */

static uint8_t *room; /* nothing before and behind it can be read */

struct set {
	struct literal l[LITERALS];
	uint8_t text[LITERALS][LITERAL_MAX];
	uint32_t first[LITERALS], n;
	const char *letters;
	uint32_t n_letters; /* 0: any bytes */
	struct sieve *sieve;
};

struct got {
	bool literal[LITERALS];
	uint64_t same[ROOM / 4096 + 2]; /* a bit for each block of 64 places */
	uint32_t next; /* where nothing was told yet */
};

static void
put_literal(void *arg, uint32_t i)
{
	put(((struct got *) arg)->literal, i);
}

static void
put_same(void *arg, uint32_t from, uint64_t blocks)
{
	struct got *g = arg;

	assert_true(from % 64 == 0 && from >= g->next);
	for (; blocks; blocks &= blocks - 1) {
		uint32_t block = from / 64 + (uint32_t) __builtin_ctzll(blocks);
		g->same[block / 64] |= UINT64_C(1) << block % 64;
		g->next = 64 * block + 1;
	}
}

/* Only in the block that the input ends in, or in the last that is whole, zeros behind the end may seem to go on. */
static void
expect_same(const struct got *g, const uint8_t same_bytes[static 128], struct span in)
{
	for (uint32_t at = 0; at < in.n; at += 64) {
		bool told = g->same[at / 4096] >> at / 64 % 64 & 1, is = false;
		for (uint32_t i = at; i < at + 64 && i + 2 < in.n; i++)
			is |= same_bytes[in.p[i] & 127] && in.p[i] == in.p[i + 1] && in.p[i] == in.p[i + 2];
		if (is != told && !(told && in.n - at <= 66))
			fail_msg("three same bytes at %u of %u: %s", at, in.n, told ? "told" : "not told");
	}
}

static void
check(const struct set *s, struct span in)
{
	struct got got = { .next = 0 }, alone = { .next = 0 };
	uint8_t same_bytes[128];
	uint32_t wanted = dice(4);

	for (uint32_t i = 0; i < sizeof(same_bytes); i++)
		same_bytes[i] = wanted == 3 || dice(3) < wanted;
	sieve_find(s->sieve, in, &(struct sieve_told) { put_literal, put_same, &got, same_bytes });
	expect_found(got.literal, s->l, s->n, in);
	expect_same(&got, same_bytes, in);
	sieve_find(s->sieve, in, &(struct sieve_told) { put_literal, put_same, &alone, NULL });
	assert_memory_equal(alone.literal, got.literal, sizeof(got.literal));
}

static uint8_t
letter(const struct set *s)
{
	return s->n_letters ? (uint8_t) s->letters[dice(s->n_letters)] : (uint8_t) dice(256);
}

/* Letters, and some of the literals or their beginnings, in either case. */
static void
fill(const struct set *s, uint8_t *p, uint32_t n)
{
	bool one = dice(8) == 0;

	for (uint32_t i = 0; i < n; i++)
		p[i] = one && i ? p[0] : letter(s);
	for (uint32_t m = dice(2 + n / 32); m > 0; m--) {
		const struct literal *x = &s->l[dice(s->n)];
		uint32_t some = dice(3) ? x->s.n : 1 + dice(x->s.n);
		if (some > n)
			continue;
		uint32_t at = dice(3) ? dice(n - some + 1) : dice(2) ? 0 : n - some, changed = at + dice(some);
		memcpy(p + at, x->s.p, some);
		if (byte_lower(p[changed]) >= 'a' && byte_lower(p[changed]) <= 'z' && dice(2))
			p[changed] ^= 0x20;
	}
}

/* At the begin and at the end of what can be read. */
static void
check_inputs(const struct set *s)
{
	for (uint32_t n = 0; n <= 300; n++) {
		fill(s, room, n);
		check(s, span_of(room, n));
		fill(s, room + ROOM - n, n);
		check(s, span_of(room + ROOM - n, n));
	}
	for (uint32_t k = 0; k < 6; k++) {
		uint32_t n = 4096 * (1 + k % 2) + dice(140);
		fill(s, room + ROOM - n, n);
		check(s, span_of(room + ROOM - n, n));
	}
}

static void
make_literal(struct set *s, uint32_t i, uint32_t least, uint32_t most)
{
	struct literal *x = &s->l[i];
	uint8_t *text = s->text[i];

	*x = (struct literal) { .s = span_of(text, least + dice(most - least + 1)), .nocase = dice(2), .sig = i };
	bool one = dice(10) == 0;
	for (uint32_t k = 0; k < x->s.n; k++)
		text[k] = one && k ? text[0] : letter(s);
	if (i && dice(3) == 0) /* begins as another */
		memcpy(text, s->text[dice(i)], dice(x->s.n));
	for (uint32_t k = 0; x->nocase && k < x->s.n; k++)
		text[k] = byte_lower(text[k]);
}

static struct sieve *
build(const struct set *s, struct arena *a, struct span known, uint8_t chosen[], bool fits)
{
	struct sieve_plan plan = { .known = known, .chosen = chosen };
	struct sieve *made = sieve_build(a, s->l, s->first, s->n, &plan);

	assert_non_null(made);
	assert_int_equal(plan.fits, fits);
	return made;
}

/* One byte of a plan changed so that it fits no more. */
static void
check_misfit(const struct set *s, struct arena *a, const uint8_t plan[], const uint8_t chosen[], uint32_t at, uint32_t value)
{
	uint8_t bad[SIEVE_PLAN_BYTES(LITERALS)], again[SIEVE_PLAN_BYTES(LITERALS)];

	memcpy(bad, plan, SIEVE_PLAN_BYTES(s->n));
	bad[at] = (uint8_t) value;
	build(s, a, span_of(bad, SIEVE_PLAN_BYTES(s->n)), again, false);
	assert_memory_equal(chosen, again, SIEVE_PLAN_BYTES(s->n));
}

/* Whatever plan fits, the same is found; one that does not fit is as good as none. */
static void
check_plans(struct set *s, struct arena *a, const uint8_t chosen[])
{
	uint32_t size = SIEVE_PLAN_BYTES(s->n), sets = UINT32_C(1) << dice(3);
	uint8_t plan[SIEVE_PLAN_BYTES(LITERALS)] = { (uint8_t) sets }, again[SIEVE_PLAN_BYTES(LITERALS)];

	s->sieve = build(s, a, span_of(chosen, size), again, true);
	assert_memory_equal(chosen, again, size);
	check_inputs(s);
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t length = s->l[i].s.n;
		if (length == 1)
			continue; /* not filed */
		plan[SIEVE_PLAN_BYTES(i)] = length > 4 ? (uint8_t) dice(length - 3) : 0;
		plan[SIEVE_PLAN_BYTES(i) + 1] = (uint8_t) dice(8 * sets);
	}
	s->sieve = build(s, a, span_of(plan, size), again, true);
	assert_memory_equal(plan, again, size);
	check_inputs(s);
	build(s, a, span_of(plan, size - 1), again, false);
	assert_memory_equal(chosen, again, size);
	check_misfit(s, a, plan, chosen, 0, 0);
	check_misfit(s, a, plan, chosen, 0, 3);
	check_misfit(s, a, plan, chosen, 0, 8);
	uint32_t i = dice(s->n), length = s->l[i].s.n;
	if (length > 1) {
		check_misfit(s, a, plan, chosen, SIEVE_PLAN_BYTES(i), length > 4 ? length - 3 : 1);
		check_misfit(s, a, plan, chosen, SIEVE_PLAN_BYTES(i) + 1, 8 * sets);
	}
}

static void
one_set(uint32_t n, uint32_t least, uint32_t most, uint32_t n_letters)
{
	uint8_t chosen[SIEVE_PLAN_BYTES(LITERALS)];
	static const char letters[] = "abAB0\x00\xff/zq Z{@[`efghijklmnoprstuvwxydc";
	struct set *s = calloc(1, sizeof(*s));
	struct arena a;

	s->n = n;
	s->letters = letters;
	s->n_letters = n_letters;
	for (uint32_t i = 0; i < n; i++) {
		make_literal(s, i, least, most);
		s->first[i] = i;
	}
	arena_init(&a, 0);
	s->sieve = build(s, &a, SPAN_NONE, chosen, false);
	assert_true(sieve_bytes(s->sieve) <= a.used);
	check_inputs(s);
	if (dice(4) == 0)
		check_plans(s, &a, chosen);
	arena_clear(&a);
	free(s);
}

static void
test_lengths(void **state)
{
	if (!sieve_possible())
		skip();
	for (uint32_t n = 1; n <= LITERAL_MAX; n++)
		one_set(1 + dice(20), n, n, dice(2) ? 0 : 4);
	one_set(400, 1, LITERAL_MAX, 16);
	one_set(400, 1, 12, 4);
	one_set(400, 1, LITERAL_MAX, 0);
	one_set(LITERALS, 4, 6, 38);
}

static void
test_short(void **state)
{
	if (!sieve_possible())
		skip();
	one_set(60, 1, 1, 16);
	one_set(60, 1, 3, 0);
	one_set(60, 2, 2, 16);
	one_set(200, 2, 5, 8);
	one_set(100, 3, 9, 2);
}

/* Sets of which each number of tables is used. */
static void
test_few(void **state)
{
	if (!sieve_possible())
		skip();
	for (uint32_t n = 1; n < 10; n++) {
		one_set(n, 2, 3, 6);
		one_set(n, 4, 20, 4);
		one_set(n * 40, 5, 30, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lengths), cmocka_unit_test(test_short), cmocka_unit_test(test_few) };
	size_t page = (size_t) sysconf(_SC_PAGESIZE);
	uint8_t *all = mmap(NULL, ROOM + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED || mprotect(all + page, ROOM, PROT_READ | PROT_WRITE) < 0)
		return 1;
	room = all + page;
	seed = 5;
	if (!sieve_possible())
		print_message("this processor has no AVX2: nothing is sieved\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
