/*
 * What may match in a field is found whether its pattern is looked up at its place, at the end, or searched for: random patterns in
 * random fields and bodies that grow, against what is computed here byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/detect/ruleset.h"
#include "dice.h"

#define PATTERNS 160
#define FIELDS 6000
#define FIELD 96

static struct op_content content[PATTERNS];
static struct fast fasts[PATTERNS];
static uint8_t text[PATTERNS][FIELD];

static void
some_pattern(uint32_t i)
{
	struct op_content *c = &content[i];
	uint32_t kind = dice(5), n = i == 0 ? LITERAL_MAX + 6 : 1 + dice(12);

	for (uint32_t k = 0; k < n; k++)
		text[i][k] = (uint8_t) "abA@"[dice(i ? 4 : 1)];
	*c = (struct op_content) { .p = text[i], .n = n, .place = -1, .offset.var = -1, .depth.var = -1 };
	fasts[i] = (struct fast) { .content = c, .bytes = span_of(text[i], n), .payload_sizes = { 0, UINT32_MAX }, .size = UINT32_MAX };
	if (dice(2)) {
		c->flags |= CO_NOCASE;
		for (uint32_t k = 0; k < n; k++)
			text[i][k] = byte_lower(text[i][k]);
	}
	if (kind == 0) {
		c->offset.value = dice(3);
		c->depth.value = c->offset.value + n;
		c->place = (int32_t) c->offset.value;
		c->flags |= CO_OFFSET | CO_DEPTH;
	} else if (kind == 1 || i == 0) {
		c->flags |= CO_ENDS;
	} else if (kind == 2) {
		fasts[i].size = n;
	}
	if (kind < 2 && dice(4) == 0)
		fasts[i].size = n + dice(4);
	if (n > 3 && dice(4) == 0) {
		c->flags |= CO_FAST_CHOP;
		c->chop_at = (uint16_t) dice(3);
		c->chop_n = (uint16_t) (1 + dice(n - c->chop_at));
		fasts[i].bytes = span_of(text[i] + c->chop_at, c->chop_n);
	}
}

static bool
is_at(const struct fast *f, struct span literal, struct span s, int64_t at)
{
	if (at < 0 || at + literal.n > s.n)
		return false;
	struct span there = span_of(s.p + at, literal.n);
	return f->content->flags & CO_NOCASE ? span_eq_nocase(there, literal) : span_eq(there, literal);
}

/* May it match in a field of which everything is there? */
static bool
fits(const struct fast *f, struct span s, bool body)
{
	const struct op_content *c = f->content;
	uint32_t chop = c->flags & CO_FAST_CHOP ? c->chop_at : 0, over = f->bytes.n > LITERAL_MAX ? f->bytes.n - LITERAL_MAX : 0;

	bool placed = f->size == c->n || c->flags & CO_DEPTH || (c->flags & CO_ENDS && !body);
	if (placed && f->size != UINT32_MAX && f->size != s.n)
		return false;
	if (f->size == c->n)
		return is_at(f, span_head(f->bytes, LITERAL_MAX), s, chop);
	if (c->flags & CO_DEPTH)
		return is_at(f, span_head(f->bytes, LITERAL_MAX), s, c->offset.value + chop);
	if (c->flags & CO_ENDS && !body)
		return is_at(f, span_skip(f->bytes, over), s, (int64_t) s.n - c->n + chop + over);
	for (uint32_t at = 0; at < s.n; at++)
		if (is_at(f, span_head(f->bytes, LITERAL_MAX), s, at))
			return true;
	return false;
}

struct bench {
	struct ruleset rules;
	struct detect detect;
	struct diag diag;
	struct list all;
	uint64_t word[PATTERNS / 64 + 1], summary[1];
	struct candidates found;
};

static struct finder *
begin(struct bench *t, enum finder_of of)
{
	static const struct detect_conf conf;
	struct finder *f;

	*t = (struct bench) { .rules.conf = &conf };
	arena_init(&t->rules.arena, 0);
	diag_init(&t->diag, 0);
	t->found = (struct candidates) { .word = t->word, .summary = t->summary, .n_summary = 1 };
	for (uint32_t i = 0; i < PATTERNS; i++) {
		some_pattern(i);
		if (of == FINDER_BODY) /* how large it will be is not known while it grows */
			fasts[i].size = UINT32_MAX;
		assert_int_equal(list_add(&t->all, i), 0);
	}
	f = finder_build(&t->rules, "field", of, fasts, &t->all, &t->diag);
	assert_non_null(f);
	assert_non_null(f->fixed);
	assert_non_null(f->any);
	assert_int_equal(f->last != NULL, of == FINDER_FIELD);
	if (f->any->db)
		assert_int_equal(hs_alloc_scratch(f->any->db, &t->detect.hs), HS_SUCCESS);
	return f;
}

static void
end(struct bench *t)
{
	hs_free_scratch(t->detect.hs);
	for (uint32_t i = 0; i < t->rules.n_scans; i++)
		scan_free(t->rules.scans[i]);
	free(t->rules.scans);
	free(t->all.v);
	arena_clear(&t->rules.arena);
	diag_clear(&t->diag);
}

static uint32_t
some_field(uint8_t s[static FIELD])
{
	uint32_t n = dice(8) ? dice(20) : dice(FIELD + 1);

	for (uint32_t k = 0; k < n; k++)
		s[k] = (uint8_t) "abA@"[dice(dice(2) ? 4 : 1)];
	return n;
}

static uint64_t
check(struct bench *t, struct span s, bool body)
{
	bool told[PATTERNS] = { false };
	uint64_t n = 0;
	uint32_t sig;

	while (candidates_take(&t->found, &sig))
		told[sig] = true;
	for (uint32_t i = 0; i < PATTERNS; i++) {
		n += told[i];
		if (told[i] != fits(&fasts[i], s, body))
			fail_msg("\"%.*s\", pattern %u \"%.*s\" (flags %x): %s", (int) s.n, (const char *) s.p, i, (int) content[i].n,
			    (const char *) content[i].p, content[i].flags, told[i] ? "must not be found" : "must be found");
	}
	return n;
}

static void
test_fields(void **state)
{
	struct bench t;
	struct finder *f = begin(&t, FINDER_FIELD);
	uint64_t n = 0;

	(void) state;
	for (uint32_t k = 0; k < FIELDS; k++) {
		uint8_t s[FIELD];
		struct span whole = span_of(s, some_field(s));
		finder_field(&t.detect, f, whole, whole, 0, &t.found);
		n += check(&t, whole, false);
	}
	assert_true(n > FIELDS);
	end(&t);
}

/* Of what is new, as much before it as a pattern may begin in is looked at again: all that is found in the end is what is there. */
static void
test_growing_body(void **state)
{
	struct bench t;
	struct finder *f = begin(&t, FINDER_BODY);
	uint64_t n = 0;

	(void) state;
	for (uint32_t k = 0; k < FIELDS; k++) {
		uint8_t s[FIELD];
		struct span whole = span_of(s, some_field(s));
		for (uint32_t seen = 0, there = 0; there < whole.n; seen = there) {
			there += 1 + dice(whole.n - there);
			struct span now = span_head(whole, there);
			finder_field(&t.detect, f, now, span_skip(now, seen > LITERAL_MAX ? seen - LITERAL_MAX : 0), 0, &t.found);
		}
		n += check(&t, whole, true);
	}
	assert_true(n > FIELDS);
	end(&t);
}

/* A body whose beginning is not kept any more: nothing is at a place there. */
static void
test_later_piece(void **state)
{
	struct bench t;
	struct finder *f = begin(&t, FINDER_BODY);
	uint32_t sig;

	(void) state;
	for (uint32_t k = 0; k < FIELDS; k++) {
		uint8_t s[FIELD];
		struct span whole = span_of(s, some_field(s));
		finder_field(&t.detect, f, whole, whole, 5, &t.found);
		while (candidates_take(&t.found, &sig))
			if (content[sig].flags & CO_DEPTH || fasts[sig].size == content[sig].n)
				fail_msg("pattern %u is looked up at byte 0 of a body's rest", sig);
	}
	end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_growing_body),
		cmocka_unit_test(test_later_piece),
	};

	seed = 11;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
