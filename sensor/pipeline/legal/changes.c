/*
 * changes - what would change a band: each open fact is supposed, and the answers that move by it are weighed anew; the rest stand.
 */
#include "pipeline/legal/bands_private.h"

#include <stdlib.h>

#define PRESENT_MAX 1e12
#define RAISING_MAX 3
#define PAIR SUPPOSED_MAX /* the place of the pair in hand */

struct supposing {
	const struct packs *p;
	const struct bands_in *in;
	const struct questions *q;
	struct facts f;       /* as they are, but for what is supposed just now */
	uint16_t open[HUMAN_MAX + FEATURES_MAX];
	uint32_t n;
	uint8_t ceiling, then[SUPPOSED_MAX + 1]; /* as it is, and as it would be */
};

static struct fact *
fact_of(struct facts *f, uint16_t which)
{
	return which & CHANGE_FEATURE ? &f->scale.fact[which & ~CHANGE_FEATURE] : &f->human[which];
}

static void
suppose(struct facts *f, uint16_t which, bool present)
{
	struct fact *x = fact_of(f, which);
	double v = which & CHANGE_FEATURE && x->known ? (present ? x->hi : x->lo) : present ? PRESENT_MAX : 0;

	*x = (struct fact) { .lo = v, .likely = v, .hi = v, .known = true, .method = "supposed" };
}

/* Facts some condition asks for and nobody knows for certain. */
static uint32_t
open_facts(const struct packs *p, const struct facts *f, uint16_t *out, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_human && n < max; i++)
		if (p->used_human >> i & 1 && !f->human[i].known)
			out[n++] = (uint16_t) i;
	for (uint32_t i = 0; i < feature_table_n && i < FEATURES_MAX && n < max; i++)
		if (p->used_features >> i & 1 && f->scale.fact[i].known && f->scale.fact[i].lo < f->scale.fact[i].hi)
			out[n++] = (uint16_t) (i | CHANGE_FEATURE);
	return n;
}

static int
size_of(const struct party_band *b, const struct change *c)
{
	return abs(c->lo - b->lo) + abs(c->hi - b->hi);
}

/* The widest moves, at most `room` of them; of equal ones the first found. */
static void
note_change(struct party_band *b, const struct change *c, uint8_t from, uint8_t room)
{
	uint8_t at = b->n_changes;

	if (c->lo == b->lo && c->hi == b->hi)
		return;
	while (at > from && size_of(b, &b->change[at - 1]) < size_of(b, c))
		at--;
	if (at >= from + room)
		return;
	if (b->n_changes < from + room)
		b->n_changes++;
	memmove(&b->change[at + 1], &b->change[at], (size_t) (b->n_changes - 1 - at) * sizeof(*c));
	b->change[at] = *c;
}

/* ---- answers to what is supposed ---- */

static uint8_t *
answers_of(const struct supposing *s, unsigned place)
{
	return s->q->supposed + (size_t) place * s->q->n;
}

static uint64_t *
moved_of(const struct supposing *s, unsigned place)
{
	return s->q->moved + (size_t) place * s->q->words;
}

static const uint64_t *
users_of(const struct supposing *s, uint16_t fact)
{
	return s->q->users + (size_t) (fact & CHANGE_FEATURE ? HUMAN_MAX + (fact & ~CHANGE_FEATURE) : fact) * s->q->words;
}

static bool
meet(const struct supposing *s, const uint64_t *a, const uint64_t *b)
{
	for (uint32_t w = 0; w < s->q->words; w++)
		if (a[w] & b[w])
			return true;
	return false;
}

/* Does anything of it bear on the party, or on the ceiling that holds for all? */
static bool
bears_on(const struct supposing *s, const struct party *party, const uint64_t *set)
{
	return meet(s, set, party->asks) || meet(s, set, s->q->ceiling);
}

/* Asks the questions of the set anew, of the facts as they are supposed, into the answers at the place. */
static void
ask_again(struct supposing *s, unsigned place, uint32_t word, uint64_t set)
{
	uint8_t *answers = answers_of(s, place);
	uint64_t *moved = moved_of(s, place);

	moved[word] &= ~set;
	for (; set; set &= set - 1) {
		uint32_t at = word * 64 + (uint32_t) __builtin_ctzll(set);
		answers[at] = questions_answer(&s->q->q[at], &s->f);
		if (answers[at] != s->q->now[at])
			moved[word] |= set & -set;
	}
}

static void
note_ceiling(struct supposing *s, unsigned place)
{
	s->then[place] = meet(s, moved_of(s, place), s->q->ceiling) ? bands_ceiling(s->p, &s->f, answers_of(s, place)) : s->ceiling;
}

static void
suppose_one(struct supposing *s, uint32_t k, bool there)
{
	unsigned place = 2 * k + there;
	const uint64_t *users = users_of(s, s->open[k]);
	struct fact was = *fact_of(&s->f, s->open[k]);

	suppose(&s->f, s->open[k], there);
	memcpy(answers_of(s, place), s->q->now, s->q->n);
	for (uint32_t w = 0; w < s->q->words; w++)
		ask_again(s, place, w, users[w]);
	note_ceiling(s, place);
	*fact_of(&s->f, s->open[k]) = was;
}

static void
take_over(struct supposing *s, unsigned from)
{
	const uint8_t *answers = answers_of(s, from);
	const uint64_t *moved = moved_of(s, from);

	for (uint32_t w = 0; w < s->q->words; w++)
		for (uint64_t set = moved[w]; set; set &= set - 1) {
			uint32_t at = w * 64 + (uint32_t) __builtin_ctzll(set);
			answers_of(s, PAIR)[at] = answers[at];
			moved_of(s, PAIR)[w] |= set & -set;
		}
}

/* What asks for one of them only is answered as for that one alone. */
static void
suppose_two(struct supposing *s, uint32_t k, uint32_t m, bool there)
{
	const uint64_t *one = users_of(s, s->open[k]), *other = users_of(s, s->open[m]);
	struct fact was[2] = { *fact_of(&s->f, s->open[k]), *fact_of(&s->f, s->open[m]) };

	suppose(&s->f, s->open[k], there);
	suppose(&s->f, s->open[m], there);
	memcpy(answers_of(s, PAIR), s->q->now, s->q->n);
	memset(moved_of(s, PAIR), 0, s->q->words * sizeof(uint64_t));
	take_over(s, 2 * k + there);
	take_over(s, 2 * m + there);
	for (uint32_t w = 0; w < s->q->words; w++)
		ask_again(s, PAIR, w, one[w] & other[w]);
	note_ceiling(s, PAIR);
	*fact_of(&s->f, s->open[k]) = was[0];
	*fact_of(&s->f, s->open[m]) = was[1];
}

/* ---- a party ---- */

static void
try_change(const struct supposing *s, struct party_band *b, unsigned place, struct change *c, uint8_t from, uint8_t room)
{
	struct party_band then;

	if (!bears_on(s, b->party, moved_of(s, place)))
		return;
	bands_of_party(s->p, s->in, b->party, s->then[place], answers_of(s, place), &then);
	c->lo = then.lo;
	c->hi = then.hi;
	note_change(b, c, from, room);
}

static void
single_changes(const struct supposing *s, struct party_band *b)
{
	uint8_t raising;

	b->n_changes = 0;
	for (uint32_t k = 0; k < s->n; k++)
		try_change(s, b, 2 * k + 1, &(struct change) { .n = 1, .fact = { s->open[k] }, .present = { true } }, 0, RAISING_MAX);
	raising = b->n_changes;
	for (uint32_t k = 0; k < s->n; k++)
		try_change(s, b, 2 * k, &(struct change) { .n = 1, .fact = { s->open[k] } }, raising, (uint8_t) (CHANGES_MAX - raising));
}

/* Neither moves the party alone: both must bear on it, or one question that asks for both. */
static bool
is_worth(const struct supposing *s, const struct party *party, uint32_t k, uint32_t m, bool there)
{
	const uint64_t *one = users_of(s, s->open[k]), *other = users_of(s, s->open[m]);

	for (uint32_t w = 0; w < s->q->words; w++)
		if (one[w] & other[w] & (party->asks[w] | s->q->ceiling[w]))
			return true;
	return bears_on(s, party, moved_of(s, 2 * k + there)) && bears_on(s, party, moved_of(s, 2 * m + there));
}

static void
try_pair(struct supposing *s, struct bands *b, const bool *waits, uint32_t k, uint32_t m, bool there)
{
	bool ready = false;

	for (uint32_t i = 0; i < b->n; i++) {
		if (!waits[i] || !is_worth(s, b->party[i].party, k, m, there))
			continue;
		if (!ready)
			suppose_two(s, k, m, there);
		ready = true;
		try_change(s, &b->party[i], PAIR, &(struct change) { .n = 2, .fact = { s->open[k], s->open[m] }, .present = { there, there } }, 0, CHANGES_MAX);
	}
}

/* Where no single fact moves it the smallest sets are pairs. */
static void
pair_changes(struct supposing *s, struct bands *b)
{
	bool waits[PARTIES_MAX], any = false;

	for (uint32_t i = 0; i < b->n; i++)
		any |= waits[i] = !b->party[i].n_changes;
	for (uint32_t k = 0; any && k < s->n; k++)
		for (uint32_t m = k + 1; m < s->n; m++)
			for (int there = 1; there >= 0; there--)
				try_pair(s, b, waits, k, m, there);
}

void
bands_changes(const struct packs *p, const struct bands_in *in, struct bands *b)
{
	struct supposing s = { .p = p, .in = in, .q = p->questions, .ceiling = b->ceiling };

	s.f = *in->facts;
	s.n = open_facts(p, in->facts, s.open, HUMAN_MAX + FEATURES_MAX);
	questions_begin(s.q, s.q->now);
	for (uint16_t at = 0; at < s.q->n; at++)
		questions_ask(s.q, s.q->now, at, in->facts);
	for (uint32_t k = 0; k < s.n; k++) {
		suppose_one(&s, k, false);
		suppose_one(&s, k, true);
	}
	for (uint32_t i = 0; i < b->n; i++)
		single_changes(&s, &b->party[i]);
	pair_changes(&s, b);
}
