/*
 * iponly - which rules name an address: random ranges of IPv4 and IPv6, many of them at the edges of prefixes, against every set asked
 * by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/detect/ruleset.h"
#include "dice.h"

#define SIGS 120
#define RANGES 3
#define ASKED 40000

static struct sig sigs[SIGS];
static struct addr_set sets[2][SIGS];
static struct addr_range ranges[2][SIGS][RANGES];

/* At, just before or just behind the beginning of few prefixes; some IPv6. */
static struct addr
some_address(void)
{
	static const uint8_t first[] = { 0, 1, 10, 192, 203, 255 };
	uint32_t v = (uint32_t) first[dice(6)] << 24 | dice(3) << 20 | dice(2) << 8;

	v += dice(5) - 2;
	if (dice(5))
		return addr_v4((const uint8_t[4]) { (uint8_t) (v >> 24), (uint8_t) (v >> 16), (uint8_t) (v >> 8), (uint8_t) v });
	uint8_t six[16] = { 0 };
	if (dice(2))
		six[0] = 0x20;
	six[11] = (uint8_t) dice(2);
	six[15] = (uint8_t) dice(4);
	return addr_v6(six);
}

static const struct addr_set *
some_set(unsigned side, uint32_t i)
{
	struct addr_set *s = &sets[side][i];

	s->r = ranges[side][i];
	s->n = 1 + dice(RANGES);
	for (uint32_t k = 0; k < s->n; k++) {
		struct addr a = some_address(), b = dice(2) ? a : some_address();
		bool turned = addr_cmp(&a, &b) > 0;
		ranges[side][i][k] = turned ? (struct addr_range) { b, a } : (struct addr_range) { a, b };
	}
	return s;
}

static bool
has(const struct addr_set *s, const struct addr *a)
{
	for (uint32_t k = 0; s && k < s->n; k++)
		if (addr_cmp(&s->r[k].lo, a) <= 0 && addr_cmp(a, &s->r[k].hi) <= 0)
			return true;
	return s == NULL;
}

/* Every rule that matches is found, and no other than those of which one side does. */
static void
test_same_as_said(void **state)
{
	struct ruleset rules = { .sigs = sigs, .n = SIGS };
	uint64_t word[SIGS / 64 + 1] = { 0 }, summary = 0;
	struct candidates found = { .word = word, .summary = &summary, .n_words = SIGS / 64 + 1, .n_summary = 1 };
	uint32_t matched = 0, sig;

	(void) state;
	for (uint32_t i = 0; i < SIGS; i++) {
		sigs[i].flags = SIG_IPONLY;
		sigs[i].src = dice(3) ? some_set(0, i) : NULL;
		sigs[i].dst = sigs[i].src && dice(2) ? NULL : some_set(1, i);
	}
	struct address_table *t = iponly_build(&rules);
	assert_non_null(t);
	for (uint32_t n = 0; n < ASKED; n++) {
		struct packet p = { .ip_version = 4, .src = some_address(), .dst = some_address() };
		bool told[SIGS] = { false };
		iponly_find(t, &p, &found);
		while (candidates_take(&found, &sig))
			told[sig] = true;
		for (uint32_t i = 0; i < SIGS; i++) {
			bool src = has(sigs[i].src, &p.src), dst = has(sigs[i].dst, &p.dst);
			bool either = (sigs[i].src && (src || has(sigs[i].src, &p.dst))) || (sigs[i].dst && (dst || has(sigs[i].dst, &p.src)));
			matched += src && dst;
			if (told[i] ? !either : src && dst)
				fail_msg("address %u, rule %u", n, i);
		}
	}
	assert_true(matched > ASKED);
	iponly_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_said),
	};

	seed = 11;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
