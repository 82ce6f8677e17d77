/*
 * grams - literals are filed under some of their bytes, hashed, and an input is looked up place by place.
 *
 * A bit per hash says whether anything may be filed there: most places end with it. A literal of seven bytes and more is filed
 * under four keys, at four places that follow each other: one of them lies where the input is looked at, which is every fourth
 * place. Keys are in lower case, the literal is compared as it was written.
 *
 * Source: direct filtering, Choi et al., "DFC: Accelerating String Pattern Matching for Network Applications", NSDI 2016; samples of
 * the text, Sutinen and Tarhio, "On using q-gram locations in approximate string matching", ESA 1995.
 */
#include "engine/detect/grams_private.h"

#include "base/vec.h"

static void
lower_sixteen(uint8_t *to, const uint8_t *from)
{
	v16 x = v16_load(from);

	x |= (v16) (x - 'A' < 26) & 0x20;
	memcpy(to, &x, sizeof(x));
}

void
grams_lower(uint8_t *to, struct span s)
{
	uint8_t few[16] = { 0 };
	uint32_t i = 0;

	memset(to + s.n, 0, GRAMS_ROOM);
	for (; i + 16 <= s.n; i += 16)
		lower_sixteen(to + i, s.p + i);
	if (i == s.n)
		return;
	if (s.n > 16) { /* the last sixteen, some of them once more */
		lower_sixteen(to + s.n - 16, s.p + s.n - 16);
		return;
	}
	memcpy(few, s.p, s.n);
	lower_sixteen(to, few);
}

struct looking {
	const struct grams *g;
	struct span in;
	const uint8_t *low;
	void (*found)(void *arg, uint32_t i);
	void *arg;
};

static bool
is_there(const struct looking *l, const struct lit *x, uint32_t at)
{
	struct span text = span_of(l->g->text + x->text, x->n);

	if (at > l->in.n || l->in.n - at < x->n) /* before the input, too */
		return false;
	if ((word_load(l->low + at) & word_mask(x->n)) != x->head)
		return false;
	return (x->nocase && x->n <= 8) || memcmp((x->nocase ? l->low : l->in.p) + at, text.p, x->n) == 0;
}

static void
look_closer(const struct looking *l, const struct table *t, uint32_t at)
{
	const struct slot *s = slot_of(t, hash_of(word_load(l->low + at) & t->mask));
	uint32_t ref = 0;

	for (uint32_t i = s->first; i && !(ref & GRAMS_LAST); i++) {
		ref = t->refs[i - 1];
		uint32_t id = (ref & ~GRAMS_LAST) / t->step;
		const struct lit *x = &l->g->v[id];
		if (is_there(l, x, at - x->at - (ref & ~GRAMS_LAST) % t->step))
			l->found(l->arg, id);
	}
}

static inline bool
may_be(const struct table *t, const uint8_t *p)
{
	uint32_t h = hash_of(word_load(p) & t->mask) >> t->shift;

	return t->bits[h / 32] >> h % 32 & 1;
}

/* Four places at once; at most of them nothing is filed. Behind the end nothing is, for there is no room for a literal. */
static void
look(const struct looking *l, const struct table *table)
{
	const struct table t = *table;
	const uint8_t *p = l->low;
	uint32_t n = l->in.n < t.width ? 0 : l->in.n - t.width + 1, i = 0, s = t.step;

	for (; i < n; i += 4 * s) {
		bool a = may_be(&t, p + i), b = may_be(&t, p + i + s);
		bool c = may_be(&t, p + i + 2 * s), d = may_be(&t, p + i + 3 * s);
		if (!(a | b | c | d))
			continue;
		if (a)
			look_closer(l, table, i);
		if (b)
			look_closer(l, table, i + s);
		if (c)
			look_closer(l, table, i + 2 * s);
		if (d)
			look_closer(l, table, i + 3 * s);
	}
}

uint32_t
grams_limit(const struct grams *g)
{
	return g->limit;
}

void
grams_find(const struct grams *g, struct span in, void (*found)(void *arg, uint32_t i), void *arg)
{
	uint8_t low[GRAMS_INPUT + GRAMS_ROOM];
	struct looking l = { .g = g, .in = in, .low = low, .found = found, .arg = arg };

	grams_lower(low, in);
	for (unsigned k = 0; k < KINDS; k++)
		if (g->of[k].n)
			look(&l, &g->of[k]);
	for (uint32_t i = 0; i < g->n_alone; i++) {
		const struct lit *x = &g->v[g->alone[i]];
		if (content_find(x->nocase ? span_of(low, in.n) : in, g->text + x->text, x->n, false) != UINT32_MAX)
			found(arg, g->alone[i]);
	}
}
