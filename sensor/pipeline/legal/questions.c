#include "pipeline/legal/questions.h"

#include <stdlib.h>

#define NEVER 0
#define ALWAYS 1
#define OWN 2 /* places of expressions begin here */

/* Parties share the ladder's expressions, so that few are new. */
static uint16_t
place_of(struct questions *all, const struct expr *e, uint16_t without)
{
	struct question *q = all->q;
	uint32_t at = OWN;

	if (!e)
		return without;
	while (at < all->n && q[at].e != e)
		at++;
	if (at == all->n) {
		q[at].e = e;
		expr_uses(e, &q[at].uses.features, &q[at].uses.human);
		all->n++;
	}
	return (uint16_t) at;
}

static void
note_conditions(struct questions *q, struct condition *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		c[i].at_when = place_of(q, c[i].when, NEVER);
		c[i].at_need = place_of(q, c[i].need, ALWAYS);
		c[i].at_possible = place_of(q, c[i].possible, ALWAYS);
	}
}

static void
note_all(struct questions *q, struct packs *p)
{
	note_conditions(q, p->ceiling, p->n_ceilings);
	note_conditions(q, p->common, p->n_common);
	for (uint32_t i = 0; i < p->n_parties; i++) {
		struct party *y = &p->party[i];
		note_conditions(q, y->cond, y->n_cond);
		for (uint32_t k = 0; k < y->n_actor; k++)
			y->actor[k].at_need = place_of(q, y->actor[k].need, ALWAYS);
	}
}

static void
set(uint64_t *set, uint16_t at)
{
	set[at / 64] |= UINT64_C(1) << at % 64;
}

static void
set_conditions(uint64_t *s, const struct condition *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		set(s, c[i].at_when);
		set(s, c[i].at_need);
		set(s, c[i].at_possible);
	}
}

static void
set_users(struct questions *q)
{
	for (uint16_t at = OWN; at < q->n; at++) {
		for (uint32_t i = 0; i < HUMAN_MAX; i++)
			if (q->q[at].uses.human >> i & 1)
				set(q->users + (size_t) i * q->words, at);
		for (uint32_t i = 0; i < FEATURES_MAX; i++)
			if (q->q[at].uses.features >> i & 1)
				set(q->users + (size_t) (HUMAN_MAX + i) * q->words, at);
	}
}

static int
note_sets(struct packs *p, struct questions *q)
{
	q->words = (q->n + 63) / 64;
	q->ceiling = arena_zalloc(&p->arena, q->words * sizeof(uint64_t));
	q->users = arena_zalloc(&p->arena, (size_t) (HUMAN_MAX + FEATURES_MAX) * q->words * sizeof(uint64_t));
	if (!q->ceiling || !q->users)
		return E_NOMEM;
	set_conditions(q->ceiling, p->ceiling, p->n_ceilings);
	set_users(q);
	for (uint32_t i = 0; i < p->n_parties; i++) {
		struct party *y = &p->party[i];
		uint64_t *s = arena_zalloc(&p->arena, q->words * sizeof(uint64_t));
		if (!s)
			return E_NOMEM;
		set_conditions(s, y->cond, y->n_cond);
		for (uint32_t k = 0; k < y->n_actor; k++)
			set(s, y->actor[k].at_need);
		y->asks = s;
	}
	return 0;
}

int
questions_note(struct packs *p)
{
	struct questions *q = arena_zalloc(&p->arena, sizeof(*q));
	size_t cap = OWN + 3 * (p->n_ceilings + p->n_common);

	for (uint32_t i = 0; i < p->n_parties; i++)
		cap += 3 * p->party[i].n_cond + p->party[i].n_actor;
	if (!q || !(q->q = arena_zalloc(&p->arena, cap * sizeof(*q->q))))
		return E_NOMEM;
	q->n = OWN;
	note_all(q, p);
	q->now = arena_alloc(&p->arena, q->n);
	q->supposed = arena_alloc(&p->arena, (size_t) q->n * (SUPPOSED_MAX + 1));
	if (!q->now || !q->supposed || note_sets(p, q) < 0)
		return E_NOMEM;
	q->moved = arena_zalloc(&p->arena, (size_t) q->words * (SUPPOSED_MAX + 1) * sizeof(uint64_t));
	p->questions = q;
	return q->moved ? 0 : E_NOMEM;
}

void
questions_begin(const struct questions *q, uint8_t *answers)
{
	memset(answers, ANSWER_NONE, q->n);
	answers[NEVER] = NO;
	answers[ALWAYS] = YES;
}

uint8_t
questions_answer(const struct question *q, const struct facts *f)
{
	enum truth t = expr_eval(q->e, f);

	return (uint8_t) (t | (t != NO && expr_likely(q->e, f) ? ANSWER_LIKELY : 0));
}
