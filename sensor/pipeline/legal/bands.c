#include "pipeline/legal/bands.h"

#include <stdlib.h>

static uint8_t
ceiling_of(const struct packs *p, const struct facts *f)
{
	uint8_t top = 0;

	for (uint32_t i = 0; i < p->n_ceilings; i++) {
		const struct condition *c = &p->ceiling[i];
		if (c->when && c->band > top && expr_eval(c->when, f) != NO && (!c->need || expr_eval(c->need, f) == YES))
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

static bool
is_possible(const struct condition *c, const struct facts *f)
{
	return !c->possible || expr_eval(c->possible, f) == YES;
}

static void
weigh(const struct condition *c, uint32_t n, const struct facts *f, uint8_t ceiling, struct party_band *b)
{
	enum truth when[CONDITIONS_MAX];

	for (uint32_t i = 0; i < n; i++) {
		enum truth t = when[i] = c[i].when ? expr_eval(c[i].when, f) : NO;
		if (t == YES) {
			b->yes |= UINT64_C(1) << i;
			if (c[i].band > b->lo)
				b->lo = c[i].band;
			if (c[i].upto > b->hi)
				b->hi = c[i].upto;
		}
		if (t != NO && c[i].band > b->likely && expr_likely(c[i].when, f))
			b->likely = c[i].band;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint8_t top = c[i].upto < ceiling ? c[i].upto : ceiling;
		if (when[i] != UNKNOWN || top <= b->lo || !is_possible(&c[i], f))
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
read_for_actor(const struct party *party, const struct facts *f, struct condition *c)
{
	for (uint32_t i = 0; i < party->n_actor; i++) {
		const struct actor_reading *a = &party->actor[i];
		enum truth t = a->need ? expr_eval(a->need, f) : YES;
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

const struct condition *
bands_conditions(const struct packs *p, const struct party *party, const struct facts *f, struct condition room[CONDITIONS_MAX],
    const struct actor_limit **limit)
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
		if (read_for_actor(party, f, &room[i]) || keeps(l, &room[i]))
			continue;
		room[i].band = 0;
		room[i].upto = room[i].upto < l->band ? room[i].upto : l->band;
	}
	return room;
}

static void
compute_party(const struct packs *p, const struct bands_in *in, const struct party *party, uint8_t ceiling, struct party_band *b)
{
	struct condition room[CONDITIONS_MAX];
	const struct actor_limit *limit;
	const struct condition *c;
	unsigned wide = party->widen;

	memset(b, 0, sizeof(*b));
	b->party = party;
	c = bands_conditions(p, party, in->facts, room, &limit);
	b->limited = limit != NULL;
	weigh(c, party->n_cond, in->facts, ceiling, b);
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

void
bands_compute(const struct packs *p, const struct bands_in *in, struct bands *out)
{
	struct party_band ladder = { 0 };

	memset(out, 0, sizeof(*out));
	out->confirmed = in->confirmed;
	out->ceiling = ceiling_of(p, in->facts);
	weigh(p->common, p->n_common, in->facts, out->ceiling, &ladder);
	settle(p, in, &ladder);
	out->effects_lo = ladder.lo;
	out->effects_hi = ladder.hi;
	out->n = p->n_parties;
	for (uint32_t i = 0; i < p->n_parties; i++)
		compute_party(p, in, &p->party[i], out->ceiling, &out->party[i]);
}

/* ---- what would change it ---- */

#define PRESENT_MAX 1e12

static void
suppose(struct facts *f, uint16_t which, bool present)
{
	struct fact *x = which & CHANGE_FEATURE ? &f->scale.fact[which & ~CHANGE_FEATURE] : &f->human[which];
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

static bool
asks_for(const struct uses *u, uint16_t fact)
{
	return fact & CHANGE_FEATURE ? u->features >> (fact & ~CHANGE_FEATURE) & 1 : u->human >> fact & 1;
}

/* `ceiling`: of the facts as they are. What nothing of the party asks for moves nothing. */
static void
try_facts(const struct packs *p, const struct bands_in *in, struct party_band *b, uint8_t ceiling, struct change *c, uint8_t from, uint8_t room)
{
	struct facts f;
	struct bands_in then_in = *in;
	struct party_band then;
	bool party = false, top = false;

	for (uint8_t k = 0; k < c->n; k++) {
		party |= asks_for(&b->party->uses, c->fact[k]);
		top |= asks_for(&p->ceiling_uses, c->fact[k]);
	}
	if (!party && !top)
		return;
	f = *in->facts;
	for (uint8_t k = 0; k < c->n; k++)
		suppose(&f, c->fact[k], c->present[k]);
	then_in.facts = &f;
	compute_party(p, &then_in, b->party, top ? ceiling_of(p, &f) : ceiling, &then);
	c->lo = then.lo;
	c->hi = then.hi;
	note_change(b, c, from, room);
}

#define RAISING_MAX 3

static void
changes_of(const struct packs *p, const struct bands_in *in, struct party_band *b, uint8_t ceiling, const uint16_t *open, uint32_t n)
{
	uint8_t raising;

	b->n_changes = 0;
	for (uint32_t k = 0; k < n; k++)
		try_facts(p, in, b, ceiling, &(struct change) { .n = 1, .fact = { open[k] }, .present = { true } }, 0, RAISING_MAX);
	raising = b->n_changes;
	for (uint32_t k = 0; k < n; k++)
		try_facts(p, in, b, ceiling, &(struct change) { .n = 1, .fact = { open[k] } }, raising, (uint8_t) (CHANGES_MAX - raising));
	if (b->n_changes)
		return;
	for (uint32_t k = 0; k < n; k++) /* no single one: the smallest sets are pairs */
		for (uint32_t m = k + 1; m < n; m++)
			for (int there = 1; there >= 0; there--)
				try_facts(p, in, b, ceiling, &(struct change) { .n = 2, .fact = { open[k], open[m] }, .present = { there, there } }, 0, CHANGES_MAX);
}

void
bands_changes(const struct packs *p, const struct bands_in *in, struct bands *b)
{
	uint16_t open[HUMAN_MAX + FEATURES_MAX];
	uint32_t n = open_facts(p, in->facts, open, HUMAN_MAX + FEATURES_MAX);

	for (uint32_t i = 0; i < b->n; i++)
		changes_of(p, in, &b->party[i], b->ceiling, open, n);
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
