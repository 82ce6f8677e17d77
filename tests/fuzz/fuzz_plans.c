/*
 * A file of plans: whatever it says, the same literals are found.
 *
 * Bytes: what the file holds behind its head; the plan of the first entry is for the literals below. They are looked for in the same bytes.
 */
#include <assert.h>

#include "engine/detect/plans.h"
#include "engine/detect/sieve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct literal literals[] = {
	{ .s = { (const uint8_t *) "a", 1 }, .nocase = true },
	{ .s = { (const uint8_t *) "bc", 2 } },
	{ .s = { (const uint8_t *) "\0\0\0\x03", 4 } },
	{ .s = { (const uint8_t *) "hello, world", 12 }, .nocase = true },
	{ .s = { (const uint8_t *) "\xff\xfe\xfd\xfc\xfb", 5 } },
};
#define LITERALS (sizeof(literals) / sizeof(*literals))

static void
found(void *got, uint32_t i)
{
	((bool *) got)[i] = true;
}

static bool
there(const struct literal *l, struct span in)
{
	for (uint32_t at = 0; at + l->s.n <= in.n; at++) {
		struct span part = span_of(in.p + at, l->s.n);
		if (l->nocase ? span_eq_nocase(part, l->s) : span_eq(part, l->s))
			return true;
	}
	return false;
}

static void
look(const struct sieve *s, struct span in)
{
	bool got[LITERALS] = { false };

	sieve_find(s, in, &(struct sieve_told) { .found = found, .arg = got });
	for (unsigned i = 0; i < LITERALS; i++)
		assert(got[i] == there(&literals[i], in));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t key[PLAN_KEY] = { 0 }, chosen[SIEVE_PLAN(LITERALS)];
	uint32_t first[LITERALS + 1];
	struct span in = span_of(data, (uint32_t) size);
	struct plans *p = size > 1 << 16 ? NULL : plans_of(in);
	struct arena a;

	if (!p || !sieve_possible()) {
		plans_done(p);
		return 0;
	}
	for (uint32_t i = 0; i <= LITERALS; i++)
		first[i] = i;
	for (size_t i = 0; i < size && i < sizeof(key); i++)
		key[i] = data[i];
	struct sieve_plan plan = { .known = plans_find(p, key), .chosen = chosen };
	arena_init(&a, 0);
	struct sieve *s = sieve_build(&a, literals, first, LITERALS, &plan);
	if (s)
		look(s, in);
	arena_clear(&a);
	plans_done(p);
	return 0;
}
