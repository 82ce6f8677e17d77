/*
 * byport - which rules are filed by their ports, under which side, and that each port finds those and no others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/detect/ruleset.h"

#define SIGS 70 /* more than a word of the set */

struct bench {
	struct ruleset rules;
	struct sig sig[SIGS];
	struct port_set set[2 * SIGS];
	uint32_t n, sets;
	struct list list;
	struct port_table *table;
	uint64_t word[2], summary;
	struct candidates found;
};

static struct port_range ranges[] = { { 80, 80 }, { 443, 445 }, { 1024, 65535 }, { 0, 0 }, { 65535, 65535 }, { 100, 1123 }, { 100, 1124 } };
enum { HTTP, THREE, HIGH, ZERO, LAST, FEW, MANY };

/* The ranges from..to of the list above, any with from < 0. */
static const struct port_set *
set(struct bench *b, int from, int to)
{
	if (from < 0)
		return NULL;
	b->set[b->sets] = (struct port_set) { .r = &ranges[from], .n = (uint32_t) (to - from + 1) };
	return &b->set[b->sets++];
}

static void
rule(struct bench *b, const struct port_set *source, const struct port_set *destination, uint32_t flags)
{
	b->sig[b->n] = (struct sig) { .sport = source, .dport = destination, .flags = flags };
	assert_int_equal(list_add(&b->list, b->n), 0);
	b->n++;
}

static void
open_bench(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->rules.sigs = b->sig;
	b->found = (struct candidates) { .word = b->word, .summary = &b->summary, .n_words = 2, .n_summary = 1 };
}

static void
close_bench(struct bench *b)
{
	ports_free(b->table);
	free(b->list.v);
}

static uint64_t
found(struct bench *b, uint16_t from, uint16_t to)
{
	struct packet p = { .sport = from, .dport = to };
	uint64_t set = 0;
	uint32_t sig;

	b->found.at = 0;
	ports_find(b->table, &p, &b->found);
	while (candidates_take(&b->found, &sig))
		set |= UINT64_C(1) << sig % 64;
	return set;
}

/* Any port, many ports, and what looks both ways stay in the list; 1024 ports are still few. */
static void
test_who(void **state)
{
	struct bench b;

	open_bench(&b);
	rule(&b, NULL, NULL, 0);
	rule(&b, NULL, set(&b, HTTP, HTTP), 0);
	rule(&b, NULL, set(&b, HIGH, HIGH), 0);
	rule(&b, NULL, set(&b, HTTP, HTTP), SIG_BOTH_WAYS);
	rule(&b, set(&b, HTTP, HTTP), NULL, SIG_TRANSACTIONAL);
	rule(&b, set(&b, FEW, FEW), NULL, 0);
	rule(&b, set(&b, MANY, MANY), NULL, 0);
	rule(&b, set(&b, HIGH, HIGH), set(&b, HTTP, HTTP), 0);
	assert_int_equal(ports_take(&b.rules, &b.list, &b.table), 0);
	assert_int_equal(ports_count(b.table), 3);
	assert_int_equal(b.list.n, 5);
	const uint32_t stays[] = { 0, 2, 3, 4, 6 };
	assert_memory_equal(b.list.v, stays, sizeof(stays));
	assert_int_equal(found(&b, 4000, 80), 1 << 1 | 1 << 7);
	assert_int_equal(found(&b, 100, 80), 1 << 1 | 1 << 5 | 1 << 7); /* filed by 80: its source is asked later */
	assert_int_equal(found(&b, 80, 4000), 0);
	assert_int_equal(found(&b, 99, 0), 0);
	assert_int_equal(found(&b, 1123, 0), 1 << 5);
	assert_int_equal(found(&b, 1124, 0), 0);
	close_bench(&b);
}

/* The ends of ranges, of all ports too; ranges that lie in each other. */
static void
test_edges(void **state)
{
	struct bench b;

	open_bench(&b);
	rule(&b, NULL, set(&b, HTTP, THREE), 0);
	rule(&b, NULL, set(&b, THREE, THREE), 0);
	rule(&b, NULL, set(&b, ZERO, LAST), 0);
	rule(&b, NULL, set(&b, FEW, FEW), 0);
	rule(&b, set(&b, ZERO, ZERO), NULL, 0);
	assert_int_equal(ports_take(&b.rules, &b.list, &b.table), 0);
	assert_int_equal(b.list.n, 0);
	static const struct {
		uint16_t port;
		uint64_t rules;
	} rows[] = { { 0, 4 }, { 1, 0 }, { 79, 0 }, { 80, 1 }, { 81, 0 }, { 99, 0 }, { 100, 8 }, { 442, 8 }, { 443, 11 }, { 444, 11 },
		{ 445, 11 }, { 446, 8 }, { 1123, 8 }, { 1124, 0 }, { 65534, 0 }, { 65535, 4 } };
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(found(&b, 7, rows[i].port), rows[i].rules);
	assert_int_equal(found(&b, 0, 7), 16);
	close_bench(&b);
}

/* Rules beyond the first word of the set; none at all is no table. */
static void
test_many(void **state)
{
	struct bench b;
	uint32_t sig, n = 0;

	open_bench(&b);
	assert_int_equal(ports_take(&b.rules, &b.list, &b.table), 0);
	assert_null(b.table);
	assert_int_equal(ports_count(b.table), 0);
	for (unsigned i = 0; i < SIGS; i++)
		rule(&b, NULL, set(&b, i % 2 ? HTTP : LAST, i % 2 ? HTTP : LAST), 0);
	assert_int_equal(ports_take(&b.rules, &b.list, &b.table), 0);
	ports_find(b.table, &(struct packet) { .sport = 1, .dport = 80 }, &b.found);
	while (candidates_take(&b.found, &sig)) {
		assert_int_equal(sig, 2 * n + 1);
		n++;
	}
	assert_int_equal(n, SIGS / 2);
	close_bench(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
