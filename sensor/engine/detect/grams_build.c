/*
 * grams_build - files literals where grams.c finds them, each under those of its bytes that tell most.
 */
#include "engine/detect/grams_private.h"

#include <stdlib.h>

#define SPARSE 32   /* bits for each key */
#define BITS_MIN 12 /* of a hash */
#define BITS_MAX 19
#define TALLY_BITS 14
#define FEW 3       /* literals of a kind that are rather compared one by one */

/* Measured: cycles of a look-up, of a byte that is compared with one literal, of starting a search and of a byte of it. */
#define COST_PROBE 6.0
#define COST_COMPARE 0.5
#define COST_START 1200.0
#define COST_SEARCH 2.5

static const struct kind {
	uint8_t least; /* bytes of the literal */
	uint8_t width; /* of the key */
	uint8_t step;
} kinds[KINDS] = { { 11, 8, 4 }, { 7, 4, 4 }, { 4, 4, 1 }, { 2, 2, 1 } };

static unsigned
kind_of(uint32_t n)
{
	unsigned k = 0;

	while (k < KINDS && n < kinds[k].least)
		k++;
	return k;
}

struct tally { /* how many literals have this key somewhere */
	uint32_t n[1 << TALLY_BITS];
};

static uint32_t *
tally_of(struct tally *t, const uint8_t *low, const struct kind *k)
{
	return &t->n[hash_of(word_load(low) & word_mask(k->width)) >> (32 - TALLY_BITS)];
}

/* Where its keys tell most. */
static uint8_t
best_place(struct tally *t, const uint8_t *low, uint32_t n, const struct kind *k)
{
	uint32_t bytes = k->width + k->step - 1u;
	int best = INT32_MIN;
	uint8_t at = 0;

	for (uint32_t i = 0; i + bytes <= n; i++) {
		int worth = (int) pattern_strength(low + i, bytes);
		for (uint32_t m = 0; m < k->step; m++)
			for (uint32_t others = *tally_of(t, low + i + m, k); others > 1; others /= 2)
				worth -= 2;
		if (worth > best) {
			best = worth;
			at = (uint8_t) i;
		}
	}
	return at;
}

struct filed { /* while building */
	uint32_t hash, ref;
};

static int
filed_compare(const void *a, const void *b)
{
	const struct filed *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->ref < y->ref ? -1 : x->ref > y->ref;
}

static int
table_fill(struct table *t, struct filed *f, struct arena *a)
{
	unsigned bits = word_bits((uint64_t) SPARSE * t->n, BITS_MIN, BITS_MAX), slots = word_bits((uint64_t) 2 * t->n, 1, 32);

	qsort(f, t->n, sizeof(*f), filed_compare);
	t->shift = (uint8_t) (32 - bits);
	t->slot_shift = (uint8_t) (32 - slots);
	t->bits = arena_zalloc(a, ((size_t) 1 << bits) / 8);
	t->slot = arena_zalloc(a, ((size_t) 1 << slots) * sizeof(*t->slot));
	t->refs = arena_alloc(a, t->n * sizeof(*t->refs));
	if (!t->bits || !t->slot || !t->refs)
		return -1;
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t hash = f[i].hash, bit = hash >> t->shift;
		bool last = i + 1 == t->n || f[i + 1].hash != hash;
		t->bits[bit / 32] |= UINT32_C(1) << bit % 32;
		if (i == 0 || f[i - 1].hash != hash)
			*slot_of(t, hash) = (struct slot) { .hash = hash, .first = i + 1 };
		t->refs[i] = f[i].ref | (last ? GRAMS_LAST : 0);
	}
	return 0;
}

/* The literals of one kind. */
static int
table_make(struct grams *g, unsigned kind, struct tally *t, struct arena *a)
{
	const struct kind *k = &kinds[kind];
	struct table *table = &g->of[kind];
	struct filed *f = NULL;
	uint8_t low[LITERAL_MAX + GRAMS_ROOM] = { 0 };
	int e = 0;

	*table = (struct table) { .mask = word_mask(k->width), .width = k->width, .step = k->step };
	for (uint32_t i = 0; i < g->n; i++)
		table->n += g->v[i].kind == kind ? k->step : 0u;
	if (!table->n)
		return 0;
	memset(t, 0, sizeof(*t));
	for (uint32_t i = 0; i < g->n; i++) {
		const struct lit *x = &g->v[i];
		if (x->kind != kind)
			continue;
		grams_lower(low, span_of(g->text + x->text, x->n));
		for (uint32_t m = 0; m + k->width <= x->n; m++)
			++*tally_of(t, low + m, k);
	}
	if (!(f = malloc(table->n * sizeof(*f))))
		return -1;
	table->n = 0;
	for (uint32_t i = 0; i < g->n; i++) {
		struct lit *x = &g->v[i];
		if (x->kind != kind)
			continue;
		grams_lower(low, span_of(g->text + x->text, x->n));
		x->at = kind == KEY2 ? 0 : best_place(t, low, x->n, k);
		for (uint32_t m = 0; m < k->step; m++)
			f[table->n++] = (struct filed) { hash_of(word_load(low + x->at + m) & table->mask), i * k->step + m };
	}
	e = table_fill(table, f, a);
	free(f);
	return e;
}

/* What few there are of a kind is compared one by one. */
static void
set_alone(struct grams *g)
{
	uint32_t n[KINDS + 1] = { 0 };

	for (uint32_t i = 0; i < g->n; i++)
		n[g->v[i].kind]++;
	for (uint32_t i = 0; i < g->n; i++) {
		if (n[g->v[i].kind] <= FEW)
			g->v[i].kind = ALONE;
		if (g->v[i].kind == ALONE)
			g->alone[g->n_alone++] = i;
	}
}

static void
set_limit(struct grams *g)
{
	double byte = COST_COMPARE * g->n_alone, most = GRAMS_INPUT;

	for (unsigned k = 0; k < KINDS; k++)
		if (g->of[k].n)
			byte += COST_PROBE / kinds[k].step;
	if (byte > COST_SEARCH && COST_START / (byte - COST_SEARCH) < most)
		most = COST_START / (byte - COST_SEARCH);
	g->limit = (uint32_t) most;
}

struct grams *
grams_build(struct arena *a, const struct literal *l, const uint32_t *first, uint32_t n)
{
	struct grams *g = arena_zalloc(a, sizeof(*g));
	struct tally *t = malloc(sizeof(*t));
	uint8_t low[16 + GRAMS_ROOM];
	uint32_t text = 0;
	int e = g && t ? 0 : -1;

	for (uint32_t i = 0; i < n; i++)
		text += l[first[i]].s.n;
	if (e == 0 && (!(g->v = arena_zalloc(a, n * sizeof(*g->v))) || !(g->text = arena_alloc(a, text)) || !(g->alone = arena_alloc(a, n * sizeof(*g->alone)))))
		e = -1;
	text = 0;
	for (uint32_t i = 0; e == 0 && i < n; i++) {
		const struct literal *x = &l[first[i]];
		g->v[g->n++] = (struct lit) { .text = text, .n = (uint8_t) x->s.n, .kind = (uint8_t) kind_of(x->s.n), .nocase = x->nocase };
		memcpy(g->text + text, x->s.p, x->s.n);
		grams_lower(low, span_head(x->s, 16));
		g->v[i].head = word_load(low) & word_mask(x->s.n);
		text += x->s.n;
	}
	if (e == 0)
		set_alone(g);
	for (unsigned k = 0; e == 0 && k < KINDS; k++)
		e = table_make(g, k, t, a);
	free(t);
	if (e < 0)
		return NULL;
	set_limit(g);
	return g;
}
