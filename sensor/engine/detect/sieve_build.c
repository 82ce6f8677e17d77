/*
 * sieve_build - chooses for each literal the four bytes that tables look at, and its bucket, so that few places remain to be checked.
 *
 * What bytes occur is not known when rules are loaded. A mixture of four kinds of content stands for it, as bytes of one kind come
 * together: text, bytes of any value, records of which much is zero, and little but zeros.
 */
#include "engine/detect/sieve_private.h"

#include <stdlib.h>

#define KINDS 4 /* of content */
#define BUCKETS (8 * SIEVE_SETS)
#define CHOICES 4 /* places in a literal that are tried */
#define PASSES 3
#define TALLY_BITS 16
#define COMMON 30 /* literals that a word of traffic counts for */
#define SHORT_BUCKET 16 /* literals of less than four bytes */
#define SPARSE 32 /* bits for each literal */
#define BITS_MIN 12
#define SLOTS_MIN 8 /* bits of a hash */
#define ALIGNED 64

/* Measured, in cycles, with 64 places at once and with 32: of a place that the tables leave, of which more remain than are expected; of a
 * byte with so many sets of tables; of a byte that is searched for one byte, and in other searches. */
static const struct cost {
	float place, tables[2 * SIEVE_SETS + 1];
} wide = { 6.0f, { [1] = 0.12f, [2] = 0.16f, [4] = 0.28f } }, narrow = { 12.0f, { [1] = 0.6f, [2] = 1.1f, [4] = 2.0f } };
#define COST_SINGLE 0.03f
#define COST_OTHER 4.0f

typedef float kinds __attribute__((vector_size(KINDS * sizeof(float))));

static const kinds weight = { 0.5f, 0.33f, 0.12f, 0.05f };

struct choice {
	uint8_t at;
	float cost; /* how often the four bytes occur */
};
struct entry { /* a literal, while building */
	uint8_t bytes[LITERAL_MAX + SIEVE_ROOM];
	struct choice tried[CHOICES];
	uint32_t id, n, n_tried, bucket;
	uint8_t at;
	bool nocase;
};
struct place { /* of a bucket */
	uint32_t n[128]; /* literals that want this byte here */
	uint32_t any;    /* and those that want none */
	kinds sum;       /* how often a byte here is wanted */
};
struct work {
	kinds often[128]; /* by class */
	uint32_t lanes, classes;
	uint32_t *tally; /* by hash of four bytes: how often they are in literals and common words; while it is chosen */
	struct entry *v;
	uint32_t n, buckets;
	uint32_t singles; /* literals of one byte, those of two cases twice */
	struct place of[BUCKETS][SIEVE_WIDTH];
	uint32_t wanted[SIEVE_WIDTH][128]; /* bit per bucket */
};

static float
total(kinds k)
{
	return k[0] + k[1] + k[2] + k[3];
}

/* ---- how often bytes occur ---- */

static void
content_kinds(kinds often[256])
{
	static const char letters[] = "etaoinsrhldcumfpgwybvkxjqz", signs[] = " /\"=-.\n<>:;(),_\r'&{}[]%#+!?*$|\\";
	float text[256], zeros[256], sum = 0, sum_zeros = 0, often_letter = 0.085f, often_sign = 0.06f;

	for (int i = 0; i < 256; i++) {
		text[i] = i < 128 ? 0.0002f : 0.0001f;
		zeros[i] = 0.5f / 256;
	}
	for (const char *s = letters; *s; s++, often_letter *= 0.9f) {
		text[(uint8_t) *s] += often_letter;
		text[(uint8_t) *s - 32] += often_letter * 0.15f + 0.001f;
	}
	for (const char *s = signs; *s; s++, often_sign *= 0.9f)
		text[(uint8_t) *s] += often_sign;
	for (int i = '0'; i <= '9'; i++)
		text[i] += 0.012f;
	zeros[0] += 0.4f;
	zeros[255] += 0.05f;
	for (int i = 1; i < 5; i++)
		zeros[i] += 0.03f;
	for (int i = 0; i < 256; i++) {
		sum += text[i];
		sum_zeros += zeros[i];
	}
	for (int i = 0; i < 256; i++)
		often[i] = (kinds) { text[i] / sum, 1.0f / 256, zeros[i] / sum_zeros, i ? 0.15f / 255 : 0.85f };
}

/* The classes that stand for a byte: its own, and that of the other case. */
static unsigned
indices(const struct work *w, const struct entry *x, uint32_t i, uint8_t out[2])
{
	uint8_t c = x->bytes[i];

	out[0] = sieve_class(w->classes, c);
	out[1] = sieve_class(w->classes, c ^ 0x20);
	return x->nocase && byte_letter(c) && out[1] != out[0] ? 2 : 1;
}

static void
content_classes(struct work *w)
{
	kinds often[256];

	content_kinds(often);
	for (unsigned i = 0; i < 256; i++)
		w->often[sieve_class(w->classes, (uint8_t) i)] += often[i];
}

/* ---- which four bytes ---- */

static uint32_t *
tally_of(struct work *w, const uint8_t *p)
{
	return &w->tally[sieve_hash(sieve_load(p)) >> (32 - TALLY_BITS)];
}

static void
tally_common(struct work *w)
{
	for (const char *text = common_words; *text; text += strlen(text) + 1) {
		uint8_t word[COMMON_MAX + SIEVE_ROOM] = { 0 };
		size_t n = strnlen(text, COMMON_MAX);
		memcpy(word, text, n);
		for (size_t at = 0; at + SIEVE_WIDTH <= n; at++)
			*tally_of(w, word + at) += COMMON;
	}
}

/* Also what follows: it is compared next. */
static float
window_cost(struct work *w, const struct entry *x, uint32_t at)
{
	kinds k = weight;
	uint8_t c[2];

	for (uint32_t i = at; i < at + SIEVE_WIDTH; i++) {
		bool two = indices(w, x, i, c) == 2;
		k *= two ? w->often[c[0]] + w->often[c[1]] : w->often[c[0]];
	}
	float others = (float) *tally_of(w, x->bytes + at), rest = x->n - at >= 8 ? 1 : x->n - at >= 6 ? 1.5f : 2;
	return total(k) * others * others * rest;
}

static void
try_windows(struct work *w, struct entry *x)
{
	for (uint32_t at = 0; at + SIEVE_WIDTH <= x->n; at++) {
		struct choice c = { (uint8_t) at, window_cost(w, x, at) };
		uint32_t i = x->n_tried < CHOICES ? x->n_tried++ : CHOICES;
		for (; i > 0 && x->tried[i - 1].cost > c.cost; i--)
			if (i < CHOICES)
				x->tried[i] = x->tried[i - 1];
		if (i < CHOICES)
			x->tried[i] = c;
	}
	if (!x->n_tried)
		x->n_tried = 1; /* shorter: at its begin */
	x->at = x->tried[0].at;
}

/* ---- which bucket ---- */

static float
bucket_cost(const struct work *w, uint32_t b)
{
	kinds k = weight;

	for (unsigned p = 0; p < SIEVE_WIDTH; p++)
		if (!w->of[b][p].any)
			k *= w->of[b][p].sum;
	return total(k);
}

/* What a literal at a place of it would add to buckets, the same for all of them. */
struct wish {
	uint32_t asked; /* bytes */
	struct {
		uint32_t has[2]; /* buckets in which the byte, and its other case, are wanted already */
		kinds more[4];   /* by which of the two are: what the others add */
	} of[SIEVE_WIDTH];
};

static void
wish_set(struct wish *wish, const struct work *w, const struct entry *x, uint32_t at)
{
	uint8_t c[2];

	wish->asked = x->n - at < SIEVE_WIDTH ? x->n - at : SIEVE_WIDTH;
	for (uint32_t p = 0; p < wish->asked; p++) {
		bool two = indices(w, x, at + p, c) == 2;
		kinds none = { 0 }, one = w->often[c[0]], other = two ? w->often[c[1]] : none;
		wish->of[p].has[0] = w->wanted[p][c[0]];
		wish->of[p].has[1] = two ? w->wanted[p][c[1]] : 0;
		wish->of[p].more[0] = one + other;
		wish->of[p].more[1] = other;
		wish->of[p].more[2] = one;
		wish->of[p].more[3] = none;
	}
}

static float
cost_with(const struct work *w, const struct wish *wish, uint32_t b)
{
	kinds k = weight;

	for (uint32_t p = 0; p < wish->asked; p++) {
		const struct place *o = &w->of[b][p];
		if (!o->any)
			k *= o->sum + wish->of[p].more[(wish->of[p].has[0] >> b & 1) | (wish->of[p].has[1] >> b & 1) << 1];
	}
	return total(k);
}

/* Into its bucket, or out of it. */
static void
count(struct work *w, const struct entry *x, bool in)
{
	uint32_t one = in ? 1 : UINT32_MAX;
	uint8_t c[2];

	for (uint32_t p = 0; p < SIEVE_WIDTH; p++) {
		struct place *o = &w->of[x->bucket][p];
		if (x->at + p >= x->n) {
			o->any += one;
			continue;
		}
		for (unsigned i = 0, n = indices(w, x, x->at + p, c); i < n; i++) {
			bool others = in ? o->n[c[i]] : o->n[c[i]] > 1;
			o->n[c[i]] += one;
			if (others)
				continue;
			kinds often = w->often[c[i]];
			o->sum += in ? often : -often;
			w->wanted[p][c[i]] ^= UINT32_C(1) << x->bucket;
		}
	}
}

/* Where it costs least more. */
static void
settle(struct work *w, struct entry *x, const float cost[BUCKETS])
{
	float best = 1e9f;
	uint8_t best_at = x->at;
	uint32_t best_bucket = x->bucket;

	for (uint32_t i = 0; i < x->n_tried; i++) {
		struct wish wish;
		wish_set(&wish, w, x, x->tried[i].at);
		for (uint32_t b = 0; b < w->buckets; b++) {
			float more = cost_with(w, &wish, b) - cost[b] + x->tried[i].cost / 2;
			if (more < best - 1e-9f) {
				best = more;
				best_at = x->tried[i].at;
				best_bucket = b;
			}
		}
	}
	x->at = best_at;
	x->bucket = best_bucket;
}

static int
by_window(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int shorter = (x->n < SIEVE_WIDTH) - (y->n < SIEVE_WIDTH);

	if (shorter)
		return shorter;
	int c = memcmp(x->bytes + x->at, y->bytes + y->at, SIEVE_ROOM);
	return c ? c : x->id < y->id ? -1 : x->id > y->id;
}

static uint32_t
share(uint32_t i, uint32_t n, uint32_t buckets)
{
	return (uint32_t) ((uint64_t) i * buckets / n);
}

/* Neighbours in the order of their bytes; those that are shorter, for which less is asked, have theirs to themselves. */
static void
first_buckets(struct work *w)
{
	uint32_t longer = w->n;

	for (uint32_t i = 0; i < w->n; i++)
		w->v[i].at = w->v[i].tried[0].at;
	qsort(w->v, w->n, sizeof(*w->v), by_window);
	while (longer > 0 && w->v[longer - 1].n < SIEVE_WIDTH)
		longer--;
	uint32_t shorter = w->n - longer, own = (shorter + SHORT_BUCKET - 1) / SHORT_BUCKET;
	if (own > w->buckets / 2)
		own = w->buckets / 2;
	for (uint32_t i = 0; i < w->n; i++) {
		w->v[i].bucket = i < longer ? share(i, longer, w->buckets - own) : w->buckets - own + share(i - longer, shorter, own);
		count(w, &w->v[i], true);
	}
}

static void
empty_buckets(struct work *w, uint32_t buckets)
{
	w->buckets = buckets;
	memset(w->of, 0, sizeof(w->of));
	memset(w->wanted, 0, sizeof(w->wanted));
}

/* How many of the places will probably remain. */
static float
places_left(const struct work *w)
{
	float sum = 0;

	for (uint32_t b = 0; b < w->buckets; b++)
		sum += bucket_cost(w, b);
	return sum < 1 ? sum : 1;
}

static void
fill_buckets(struct work *w, uint32_t buckets)
{
	float cost[BUCKETS];

	empty_buckets(w, buckets);
	first_buckets(w);
	for (uint32_t b = 0; b < buckets; b++)
		cost[b] = bucket_cost(w, b);
	for (int pass = 0; pass < PASSES; pass++)
		for (uint32_t i = 0; i < w->n; i++) {
			struct entry *x = &w->v[i];
			count(w, x, false);
			cost[x->bucket] = bucket_cost(w, x->bucket);
			settle(w, x, cost);
			count(w, x, true);
			cost[x->bucket] = bucket_cost(w, x->bucket);
		}
}

static const struct cost *
costs(const struct work *w)
{
	return w->lanes == 64 ? &wide : &narrow;
}

/* Cycles a byte, with the buckets as they are filled. */
static float
cost_of(const struct work *w)
{
	return costs(w)->tables[w->buckets / 8] + costs(w)->place * places_left(w);
}

/* The number of sets with which a search is probably quickest. More than so many that hardly a place remains are not tried. */
static void
choose_buckets(struct work *w)
{
	const float *tables = costs(w)->tables;
	uint32_t best = 0, sets = 1, tried;
	float least = 0, cost;

	do {
		tried = sets;
		fill_buckets(w, 8 * tried);
		cost = cost_of(w);
		if (!best || cost < least) {
			best = tried;
			least = cost;
		}
		sets *= 2;
	} while (sets <= SIEVE_SETS && cost > tables[sets]);
	if (best != tried)
		fill_buckets(w, 8 * best);
}

/* ---- what was chosen before ---- */

/* A plan is the number of sets, then by number of each literal: where of it tables look, its bucket. */
static bool
plan_fits(const struct work *w, struct span plan, uint32_t n)
{
	if (plan.n != SIEVE_PLAN_BYTES(n) || (plan.p[0] != 1 && plan.p[0] != 2 && plan.p[0] != SIEVE_SETS))
		return false;
	for (uint32_t i = 0; i < w->n; i++) {
		const struct entry *x = &w->v[i];
		const uint8_t *of = plan.p + SIEVE_PLAN_BYTES(x->id);
		if (of[0] > (x->n < SIEVE_WIDTH ? 0 : x->n - SIEVE_WIDTH) || of[1] >= 8 * plan.p[0])
			return false;
	}
	return true;
}

static void
plan_take(struct work *w, struct span plan)
{
	empty_buckets(w, 8u * plan.p[0]);
	for (uint32_t i = 0; i < w->n; i++) {
		struct entry *x = &w->v[i];
		x->at = plan.p[SIEVE_PLAN_BYTES(x->id)];
		x->bucket = plan.p[SIEVE_PLAN_BYTES(x->id) + 1];
		count(w, x, true);
	}
}

static void
plan_put(const struct work *w, uint8_t *plan, uint32_t n)
{
	memset(plan, 0, SIEVE_PLAN_BYTES(n));
	plan[0] = (uint8_t) (w->n ? w->buckets / 8 : 1);
	for (uint32_t i = 0; i < w->n; i++) {
		plan[SIEVE_PLAN_BYTES(w->v[i].id)] = w->v[i].at;
		plan[SIEVE_PLAN_BYTES(w->v[i].id) + 1] = (uint8_t) w->v[i].bucket;
	}
}

/* ---- what is looked at ---- */

static void
fill_tables(struct sieve *s, const struct work *w)
{
	uint8_t c[2];

	for (uint32_t i = 0; i < w->n; i++) {
		const struct entry *x = &w->v[i];
		uint8_t bit = (uint8_t) (1u << x->bucket % 8);
		for (uint32_t p = 0; p < SIEVE_WIDTH; p++) {
			uint8_t *t = s->table + (x->bucket / 8 * SIEVE_WIDTH + p) * w->classes;
			if (x->at + p < x->n)
				for (unsigned k = 0, n = indices(w, x, x->at + p, c); k < n; k++)
					t[c[k]] |= bit;
			else
				for (unsigned k = 0; k < w->classes; k++)
					t[k] |= bit;
		}
	}
}

static uint32_t
slot_hash(const struct entry *x)
{
	uint64_t v = sieve_load(x->bytes + x->at);

	return sieve_hash(x->n < SIEVE_WIDTH ? sieve_pair(v) : v);
}

static int
by_hash(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	uint32_t h = slot_hash(x), g = slot_hash(y);

	if (h != g)
		return h < g ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void
set_pairs(struct sieve *s, const struct entry *x)
{
	uint32_t pair = sieve_pair(sieve_load(x->bytes));

	s->pairs[pair / 32] |= UINT32_C(1) << pair % 32;
}

static void
fill_slots(struct sieve *s, struct work *w)
{
	uint32_t text = 0;

	qsort(w->v, w->n, sizeof(*w->v), by_hash);
	s->lits[0] = (struct sieve_lit) { .head = 1, .last = true };
	for (uint32_t i = 0; i < w->n; i++) {
		const struct entry *x = &w->v[i];
		uint32_t h = slot_hash(x), bit = h >> s->shift, slot = h >> s->slot_shift;
		struct sieve_lit *lit = &s->lits[i + 1];
		*lit = (struct sieve_lit) { .text = text, .id = x->id, .n = (uint8_t) x->n, .at = x->at, .nocase = x->nocase };
		lit->mask = word_mask(x->n - x->at);
		lit->head = sieve_load(x->bytes + x->at) & lit->mask;
		lit->last = i + 1 == w->n || slot_hash(x + 1) >> s->slot_shift != slot;
		if (!s->slot[slot])
			s->slot[slot] = i + 1;
		if (x->n < SIEVE_WIDTH)
			set_pairs(s, x);
		else
			s->bits[bit / 32] |= UINT32_C(1) << bit % 32;
		memcpy(s->text + text, x->bytes, x->n);
		text += x->n;
	}
}

/* As many bits as keep a search in the cache and most of them zero. */
static int
take_memory(struct sieve *s, const struct work *w, struct arena *a)
{
	uint32_t text = 0, bits = word_bits((uint64_t) SPARSE * w->n, BITS_MIN, SIEVE_BITS), slots = word_bits((uint64_t) 4 * w->n, SLOTS_MIN, 32);
	size_t used = a->used;
	bool pairs = false;

	for (uint32_t i = 0; i < w->n; i++) {
		text += w->v[i].n;
		pairs = pairs || w->v[i].n < SIEVE_WIDTH;
	}
	s->shift = (uint8_t) (32 - bits);
	s->slot_shift = (uint8_t) (32 - slots);
	uint8_t *table = arena_zalloc(a, (size_t) s->sets * SIEVE_WIDTH * w->classes + ALIGNED);
	s->bits = arena_zalloc(a, ((size_t) 1 << bits) / 8);
	s->slot = arena_zalloc(a, ((size_t) 1 << slots) * sizeof(*s->slot));
	s->lits = arena_alloc(a, (w->n + 1) * sizeof(*s->lits));
	s->text = arena_alloc(a, text);
	s->singles = arena_alloc(a, w->singles * sizeof(*s->singles));
	if (pairs)
		s->pairs = arena_zalloc(a, 65536 / 8);
	if (!table || !s->bits || !s->slot || !s->lits || !s->text || !s->singles || (pairs && !s->pairs))
		return -1;
	s->table = table + (ALIGNED - (uintptr_t) table % ALIGNED) % ALIGNED;
	s->bytes = a->used - used;
	return 0;
}

/* Of a literal of one byte. */
static unsigned
cases(const struct literal *x)
{
	return x->nocase && byte_letter(x->s.p[0]) ? 2 : 1;
}

static void
fill_singles(struct sieve *s, const struct work *w, const struct literal *l, const uint32_t *first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct literal *x = &l[first[i]];
		for (unsigned k = 0; x->s.n == 1 && k < cases(x); k++)
			s->singles[s->n_singles++] = (struct sieve_single) { .id = i, .byte = k ? x->s.p[0] ^ 0x20 : x->s.p[0] };
	}
	s->cost += COST_SINGLE * (float) w->singles;
}

static struct work *
work_new(const struct literal *l, const uint32_t *first, uint32_t n)
{
	struct work *w = calloc(1, sizeof(*w));
	struct entry *v = calloc(n + 1, sizeof(*v));

	if (!w || !v) {
		free(w);
		free(v);
		return NULL;
	}
	w->v = v;
	w->lanes = sieve_lanes();
	w->classes = sieve_classes(w->lanes);
	content_classes(w);
	for (uint32_t i = 0; i < n; i++) {
		const struct literal *x = &l[first[i]];
		struct entry *e = &v[w->n];
		if (x->s.n == 1) {
			w->singles += cases(x);
			continue;
		}
		*e = (struct entry) { .id = i, .n = x->s.n, .nocase = x->nocase };
		memcpy(e->bytes, x->s.p, x->s.n);
		w->n++;
	}
	return w;
}

static int
choose_all(struct work *w)
{
	if (!(w->tally = calloc(UINT32_C(1) << TALLY_BITS, sizeof(*w->tally))))
		return -1;
	for (uint32_t i = 0; i < w->n; i++)
		for (uint32_t at = 0; at + SIEVE_WIDTH <= w->v[i].n; at++)
			++*tally_of(w, w->v[i].bytes + at);
	tally_common(w);
	for (uint32_t i = 0; i < w->n; i++)
		try_windows(w, &w->v[i]);
	if (w->n)
		choose_buckets(w);
	free(w->tally);
	return 0;
}

struct sieve *
sieve_build(struct arena *a, const struct literal *l, const uint32_t *first, uint32_t n, struct sieve_plan *plan)
{
	struct sieve *s = arena_zalloc(a, sizeof(*s));
	struct work *w = s ? work_new(l, first, n) : NULL;

	if (!w)
		return NULL;
	int e = 0;
	if ((plan->fits = plan_fits(w, plan->known, n)))
		plan_take(w, plan->known);
	else
		e = choose_all(w);
	plan_put(w, plan->chosen, n);
	s->lanes = w->lanes;
	if (w->n && e == 0) {
		s->sets = w->buckets / 8;
		s->cost = cost_of(w);
	}
	if (e == 0)
		e = take_memory(s, w, a);
	if (e == 0 && w->n) {
		fill_tables(s, w);
		fill_slots(s, w);
	}
	if (e == 0)
		fill_singles(s, w, l, first, n);
	free(w->v);
	free(w);
	return e < 0 ? NULL : s;
}

struct span
sieve_first(const struct sieve *s)
{
	return span_of(s->table, s->sets * SIEVE_WIDTH * sieve_classes(s->lanes));
}

bool
sieve_pays(const struct sieve *s)
{
	return s->cost < COST_OTHER;
}

uint64_t
sieve_bytes(const struct sieve *s)
{
	return s->bytes;
}
