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
	*(unsigned *) got |= 1u << i;
}

/* Which are there, by a sieve that is built with what is known. */
static unsigned
look(struct span known, struct span in)
{
	uint8_t chosen[SIEVE_PLAN_BYTES(LITERALS)];
	uint32_t first[LITERALS + 1];
	struct sieve_plan plan = { .known = known, .chosen = chosen };
	struct arena a;
	unsigned got = 0;

	for (uint32_t i = 0; i <= LITERALS; i++)
		first[i] = i;
	arena_init(&a, 0);
	struct sieve *s = sieve_build(&a, literals, first, LITERALS, &plan);
	if (s)
		sieve_find(s, in, &(struct sieve_told) { .found = found, .arg = &got });
	arena_clear(&a);
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t key[PLAN_KEY] = { 0 };
	struct span in = span_of(data, (uint32_t) size);
	struct plans *p = size > 1 << 16 ? NULL : plans_of(in);
	bool kept;

	for (size_t i = 0; i < size && i < sizeof(key); i++)
		key[i] = data[i];
	struct span known = plans_find(p, key, &kept);
	if (p && sieve_possible())
		assert(look(known, in) == look(SPAN_NONE, in));
	plans_done(p);
	return 0;
}
