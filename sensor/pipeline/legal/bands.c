#include "pipeline/legal/bands_private.h"

#include <stdlib.h>

uint8_t
bands_ceiling(const struct packs *p, const struct facts *f, uint8_t *answers)
{
	uint8_t top = 0;

	for (uint32_t i = 0; i < p->n_ceilings; i++) {
		const struct condition *c = &p->ceiling[i];
		if (c->band > top && questions_truth(p->questions, answers, c->at_when, f) != NO && questions_truth(p->questions, answers, c->at_need, f) == YES)
			top = c->band;
	}
	return top;
}

static uint8_t
up(const struct packs *p, uint8_t band, unsigned by)
{
	unsigned v = band + by;

	return (uint8_t) (v < p->n_bands ? v : p->n_bands - 1);
}

static uint8_t
down(uint8_t band, unsigned by)
{
	return (uint8_t) (band > by ? band - by : 0);
}

struct weighing {
	const struct questions *q;
	const struct facts *f;
	uint8_t *answers;
	uint8_t ceiling;
};

static void
weigh(const struct weighing *w, const struct condition *c, uint32_t n, struct party_band *b)
{
	uint64_t open = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint8_t answer = questions_ask(w->q, w->answers, c[i].at_when, w->f);
		enum truth t = (enum truth) (answer & ANSWER_TRUTH);
		if (t == NO)
			continue;
		if (t == UNKNOWN)
			open |= UINT64_C(1) << i;
		if (t == YES) {
			b->yes |= UINT64_C(1) << i;
			if (c[i].band > b->lo)
				b->lo = c[i].band;
			if (c[i].upto > b->hi)
				b->hi = c[i].upto;
		}
		if (answer & ANSWER_LIKELY && c[i].band > b->likely)
			b->likely = c[i].band;
	}
	for (; open; open &= open - 1) {
		unsigned i = (unsigned) __builtin_ctzll(open);
		uint8_t top = c[i].upto < w->ceiling ? c[i].upto : w->ceiling;
		if (top <= b->lo || questions_truth(w->q, w->answers, c[i].at_possible, w->f) != YES)
			continue;
		b->unknown |= UINT64_C(1) << i;
		if (top > b->hi)
			b->hi = top;
	}
}

static void
settle(const struct packs *p, const struct bands_in *in, struct party_band *b)
{
	if (b->lo > p->assert_cap && !in->confirmed) {
		if (b->lo > b->hi)
			b->hi = b->lo;
		b->lo = p->assert_cap;
		b->capped = true;
	}
	if (b->hi < b->lo)
		b->hi = b->lo;
	if (b->likely < b->lo)
		b->likely = b->lo;
	if (b->likely > b->hi)
		b->likely = b->hi;
}

/* A series that a person links may count as one, in circumstances the ladder names or while nobody told the circumstance. */
static void
accumulate(const struct packs *p, const struct bands_in *in, const struct party *party, struct party_band *b)
{
	bool where = !in->facts->circumstance;

	for (uint32_t i = 0; i < p->n_accumulate_in && !where; i++)
		where = strcmp(p->accumulate_in[i], in->facts->circumstance) == 0;
	if (!where || !party->accumulation || b->hi < party->accumulate_from)
		return;
	uint8_t before = b->hi;
	for (uint32_t i = 0; i < party->n_steps; i++) {
		const struct accumulation_step *s = &party->step[i];
		uint8_t to = s->by ? up(p, before, s->by) : s->upto;
		if (in->linked >= s->linked && to > b->hi)
			b->hi = to;
	}
	b->raised = b->hi > before;
}

static bool
keeps(const struct actor_limit *l, const struct condition *c)
{
	for (uint32_t i = 0; i < l->n_keeps; i++)
		if (strcmp(l->keeps[i], c->id) == 0)
			return true;
	return false;
}

/* The party's reading of a condition for the actor, if it has one that is not excluded; what is only open puts nobody there. */
static bool
read_for_actor(const struct party *party, const struct facts *f, const struct weighing *w, struct condition *c)
{
	for (uint32_t i = 0; i < party->n_actor; i++) {
		const struct actor_reading *a = &party->actor[i];
		enum truth t = w ? questions_truth(w->q, w->answers, a->at_need, f) : a->need ? expr_eval(a->need, f) : YES;
		if (strcmp(a->actor, f->actor) != 0 || strcmp(a->condition, c->id) != 0 || t == NO)
			continue;
		c->band = t == YES ? a->band : 0;
		c->upto = a->upto;
		c->because = a->because;
		c->say = a->say ? a->say : c->say;
		memcpy(c->cite, a->cite, sizeof(c->cite));
		c->n_cite = a->n_cite;
		return true;
	}
	return false;
}

/* `w`: whose answers to take; NULL: the expressions are evaluated. */
static const struct condition *
conditions_of(const struct packs *p, const struct party *party, const struct facts *f, const struct weighing *w,
    struct condition room[CONDITIONS_MAX], const struct actor_limit **limit)
{
	const struct actor_limit *l = NULL;

	for (uint32_t i = 0; i < p->n_limits && f->actor; i++)
		if (strcmp(p->limit[i].actor, f->actor) == 0)
			l = &p->limit[i];
	*limit = l;
	if (!l)
		return party->cond;
	memcpy(room, party->cond, sizeof(*room) * party->n_cond);
	for (uint32_t i = 0; i < party->n_cond; i++) {
		if (read_for_actor(party, f, w, &room[i]) || keeps(l, &room[i]))
			continue;
		room[i].band = 0;
		room[i].upto = room[i].upto < l->band ? room[i].upto : l->band;
	}
	return room;
}

const struct condition *
bands_conditions(const struct packs *p, const struct party *party, const struct facts *f, struct condition room[CONDITIONS_MAX],
    const struct actor_limit **limit)
{
	return conditions_of(p, party, f, NULL, room, limit);
}

void
bands_of_party(const struct packs *p, const struct bands_in *in, const struct party *party, uint8_t ceiling, uint8_t *answers, struct party_band *b)
{
	struct weighing w = { p->questions, in->facts, answers, ceiling };
	struct condition room[CONDITIONS_MAX];
	const struct actor_limit *limit;
	const struct condition *c;
	unsigned wide = party->widen;

	memset(b, 0, sizeof(*b));
	b->party = party;
	c = conditions_of(p, party, in->facts, &w, room, &limit);
	b->limited = limit != NULL;
	weigh(&w, c, party->n_cond, b);
	if (in->facts->scale.coverage < p->low_coverage)
		wide++;
	if (wide && (b->hi || in->facts->effects)) {
		b->lo = down(b->lo, wide);
		uint8_t top = ceiling > b->hi ? ceiling : b->hi; /* not seeing much does not make the impossible possible */
		b->hi = up(p, b->hi, wide) < top ? up(p, b->hi, wide) : top;
		b->widened = true;
	}
	accumulate(p, in, party, b);
	settle(p, in, b);
}

/* Of answers that are there or found as they are needed. */
static void
compute(const struct packs *p, const struct bands_in *in, uint8_t *answers, struct bands *out)
{
	struct party_band ladder = { 0 };
	struct weighing w = { p->questions, in->facts, answers, 0 };

	memset(out, 0, sizeof(*out));
	out->confirmed = in->confirmed;
	out->ceiling = w.ceiling = bands_ceiling(p, in->facts, w.answers);
	weigh(&w, p->common, p->n_common, &ladder);
	settle(p, in, &ladder);
	out->effects_lo = ladder.lo;
	out->effects_hi = ladder.hi;
	out->n = p->n_parties;
	for (uint32_t i = 0; i < p->n_parties; i++)
		bands_of_party(p, in, &p->party[i], out->ceiling, w.answers, &out->party[i]);
}

void
bands_compute(const struct packs *p, const struct bands_in *in, struct bands *out)
{
	questions_begin(p->questions, p->questions->now);
	compute(p, in, p->questions->now, out);
}

/* ---- computing again ---- */

static struct bands_known
known_of(const struct packs *p, const struct bands_in *in, uint8_t *answers)
{
	const struct facts *f = in->facts;

	return (struct bands_known) { .answers = answers, .effects = f->effects, .n_assets = f->incident ? f->incident->n_assets : 0,
		.unlisted = f->incident && f->incident->unlisted, .circumstance = f->circumstance, .attribution = f->attribution,
		.actor = f->actor, .confirmed = in->confirmed, .linked = in->linked, .low_coverage = f->scale.coverage < p->low_coverage };
}

/* All that is not a number. */
static bool
is_alike(const struct bands_known *x, const struct bands_known *y)
{
	return x->effects == y->effects && x->n_assets == y->n_assets && x->unlisted == y->unlisted && x->circumstance == y->circumstance
	    && x->attribution == y->attribution && x->actor == y->actor && x->confirmed == y->confirmed && x->linked == y->linked
	    && x->low_coverage == y->low_coverage;
}

static bool
is_same_fact(const struct fact *x, const struct fact *y)
{
	return x->known == y->known && x->lo == y->lo && x->likely == y->likely && x->hi == y->hi;
}

/* Asks those questions again that had an answer; is it another? */
static bool
ask_again(const struct questions *q, const uint64_t *users, const struct facts *f, uint8_t *answers)
{
	bool moved = false;

	for (uint32_t w = 0; w < q->words; w++)
		for (uint64_t set = users[w]; set; set &= set - 1) {
			uint32_t at = w * 64 + (uint32_t) __builtin_ctzll(set);
			uint8_t before = answers[at];
			if (before != ANSWER_NONE)
				moved |= (answers[at] = questions_answer(&q->q[at], f)) != before;
		}
	return moved;
}

static bool
ask_changed(const struct packs *p, const struct facts *f, const struct facts *was, uint8_t *answers)
{
	const struct questions *q = p->questions;
	bool moved = false;

	for (uint32_t i = 0; i < p->n_human; i++)
		if (p->used_human >> i & 1 && !is_same_fact(&f->human[i], &was->human[i]))
			moved |= ask_again(q, q->users + (size_t) i * q->words, f, answers);
	for (uint32_t i = 0; i < feature_table_n && i < FEATURES_MAX; i++)
		if (p->used_features >> i & 1 && !is_same_fact(&f->scale.fact[i], &was->scale.fact[i]))
			moved |= ask_again(q, q->users + (size_t) (HUMAN_MAX + i) * q->words, f, answers);
	return moved;
}

void
bands_renew(const struct packs *p, const struct bands_in *in, const struct facts *was, struct bands_known *known, struct bands *out)
{
	struct bands_known now = known_of(p, in, known->answers);

	if (known->answers && is_alike(known, &now)) {
		if (ask_changed(p, in->facts, was, now.answers))
			compute(p, in, now.answers, out);
		for (uint32_t i = 0; i < out->n; i++)
			out->party[i].n_changes = 0;
		return;
	}
	if (!now.answers && !(now.answers = malloc(p->questions->n))) {
		bands_compute(p, in, out);
		return;
	}
	questions_begin(p->questions, now.answers);
	compute(p, in, now.answers, out);
	*known = now;
}

void
bands_forget(struct bands_known *known)
{
	free(known->answers);
	*known = (struct bands_known) { 0 };
}

/* ---- divergence ---- */

/* The condition by which a stands higher than b: met or open for a at a band that b's reading of it does not reach. */
static void
find_reading(const struct packs *p, struct divergence *v)
{
	const struct party *a = v->a->party, *b = v->b->party;
	int best = 0;

	for (uint32_t i = 0; i < a->n_cond; i++) {
		const struct condition *x = &a->cond[i];
		int there = 0, weight;
		if (!((v->a->yes | v->a->unknown) >> i & 1))
			continue;
		for (uint32_t k = 0; k < b->n_cond; k++)
			if (strcmp(b->cond[k].id, x->id) == 0)
				there = b->cond[k].upto + b->cond[k].band + 1;
		weight = x->upto + x->band + 1 - there;
		if (weight <= best)
			continue;
		best = weight;
		v->condition = x;
		v->reader = a;
		for (uint32_t k = 0; k < b->n_cond; k++)
			if (strcmp(b->cond[k].id, x->id) == 0 && b->cond[k].because && !x->because) {
				v->condition = &b->cond[k];
				v->reader = b;
			}
	}
}

static int
widest_first(const void *a, const void *b)
{
	const struct divergence *x = a, *y = b;
	int dx = abs(x->lo) + abs(x->hi), dy = abs(y->lo) + abs(y->hi), rc;
	bool ux = x->a->party->unread || x->b->party->unread, uy = y->a->party->unread || y->b->party->unread;

	if (ux != uy) /* that nothing is known of one is no difference of views */
		return ux - uy;
	if (dx != dy)
		return dy - dx;
	rc = (int) (x->a->party->order + x->b->party->order) - (int) (y->a->party->order + y->b->party->order);
	if (rc)
		return rc;
	rc = strcmp(x->a->party->id, y->a->party->id);
	return rc ? rc : strcmp(x->b->party->id, y->b->party->id);
}

uint32_t
bands_divergence(const struct packs *p, const struct bands *b, struct divergence *out, uint32_t max)
{
	struct divergence all[PARTIES_MAX * PARTIES_MAX / 2];
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++)
		for (uint32_t k = i + 1; k < b->n; k++) {
			const struct party_band *x = &b->party[i], *y = &b->party[k];
			if (x->lo == y->lo && x->hi == y->hi)
				continue;
			if (x->lo + x->hi < y->lo + y->hi) {
				const struct party_band *t = x;
				x = y;
				y = t;
			}
			all[n] = (struct divergence) { .a = x, .b = y, .lo = x->lo - y->lo, .hi = x->hi - y->hi };
			find_reading(p, &all[n]);
			n++;
		}
	if (n)
		qsort(all, n, sizeof(all[0]), widest_first);
	if (n > max)
		n = max;
	memcpy(out, all, n * sizeof(all[0]));
	return n;
}
