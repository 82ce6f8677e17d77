/*
 * anchors - patterns that rules want at one place of the payload or field: looked up there, not searched for.
 *
 * A place is counted from the beginning, or from the end backwards. For each: which bytes there are at this edge of the patterns, how
 * long keys are by the two bytes there, and a hash of the keys. A key is as much of a pattern from its edge on as one
 * of few lengths allows: patterns that begin alike ("Mozilla/5.0 (") have different ones.
 */
#include <stdlib.h>

#include "base/word.h"
#include "engine/detect/ruleset.h"

#define SPARSE 8     /* bits of keys for each slot */
#define FETCHED 256  /* bytes of places that are fetched ahead */
#define PAIR_BITS 12 /* of a pair's hash, at most */

struct anchor {
	struct span bytes; /* lower case when nocase */
	uint64_t key;
	uint16_t at;
	bool nocase;
	uint32_t sig;
	uint32_t size; /* that the field has to have; UINT32_MAX: any */
	uint32_t next; /* of its slot, from 1; 0: none */
};
struct place {
	uint16_t at;
	uint8_t pair_shift;
	uint64_t edge[4];   /* bit per byte at the edge */
	/* By the hash of the two bytes at the edge: bits of the lengths of keys there are, as they are and in lower case. */
	uint8_t (*keys)[2];
};
struct anchors {
	bool from_end;
	struct place *places; /* by where they are */
	uint32_t n_places;
	struct anchor *v;
	uint32_t n;
	uint32_t *slot;       /* from 1 */
	uint32_t mask;
	uint64_t *keys;       /* bit per hash of a key: SPARSE of them for each slot */
};

/* The rule says how long the field is, and the pattern fills it. */
static bool
is_whole(const struct fast *f)
{
	return f->size == f->content->n && !(f->content->flags & CO_NEGATED);
}

bool
fast_fixed(const struct fast *f, uint32_t *at)
{
	const struct op_content *c = f->content;
	int64_t begin = is_whole(f) ? 0 : c->place;

	if (begin < 0)
		return false;
	if (c->flags & CO_FAST_CHOP)
		begin += c->chop_at;
	*at = (uint32_t) begin;
	return begin < PLACE_MAX && f->bytes.n;
}

bool
fast_placed(const struct fast *f)
{
	uint32_t at;

	return fast_fixed(f, &at) && pattern_strength(f->bytes.p, f->bytes.n) >= PLACE_STRENGTH;
}

bool
fast_last(const struct fast *f, uint32_t *behind)
{
	const struct op_content *c = f->content;

	*behind = c->flags & CO_FAST_CHOP ? c->n - c->chop_at - c->chop_n : 0;
	return c->flags & CO_ENDS && !(c->flags & CO_NEGATED) && *behind < PLACE_MAX && f->bytes.n;
}

static const uint8_t key_lengths[] = { 1, 2, 3, 4, 8, 16, 32 };
#define KEY_LENGTHS sizeof(key_lengths)
#define SCATTER UINT64_C(0x9e3779b97f4a7c15)

/* ASCII capitals of all bytes at once. */
static inline uint64_t
lower_all(uint64_t v)
{
	const uint64_t each = word_each(1);
	uint64_t low = v & 0x7f * each, from_a = low + (0x80 - 'A') * each, above_z = low + (0x7f - 'Z') * each;

	return v | (~v & (from_a ^ above_z) & 0x80 * each) >> 2;
}

/* Of n bytes from p on, one of the lengths. Up to eight are the key, more are hashed. In lower case where asked for. */
static inline uint64_t
key_of(const uint8_t *p, uint32_t n, bool nocase)
{
	uint64_t key = 0, v = 0;

	if (n < 8) {
		for (uint32_t i = 0; i < n; i++)
			v |= (uint64_t) p[i] << 8 * i;
		return nocase ? lower_all(v) : v;
	}
	for (uint32_t i = 0; i < n; i += 8) {
		v = word_load(p + i);
		key = (key ^ key >> 31) * SCATTER ^ (nocase ? lower_all(v) : v);
	}
	return key;
}

static inline uint16_t
pair_hash(const struct anchors *a, const struct place *pl, const uint8_t *edge)
{
	uint8_t second = a->from_end ? edge[-1] : edge[1];

	return (uint16_t) ((uint16_t) ((edge[0] | second << 8 | 0x2020) * 40503U) >> pl->pair_shift);
}

/* Of a key at a place: the number of its bit in keys; divided by SPARSE, of its slot. */
static inline uint32_t
hash_of(const struct anchors *a, uint32_t place, uint32_t n, bool nocase, uint64_t key)
{
	uint64_t x = (key ^ (uint64_t) (place << 7 | n << 1 | nocase) * UINT64_C(0xd6e8feb86659fd93)) * SCATTER;

	return (uint32_t) (x >> 32 ^ x >> 48) & (a->mask * SPARSE + SPARSE - 1);
}

/* The longest that the pattern has, as an index. */
static unsigned
key_length(const struct anchor *x)
{
	unsigned k = KEY_LENGTHS - 1;

	while (key_lengths[k] > x->bytes.n)
		k--;
	return k;
}

static int
anchor_compare(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->sig < y->sig ? -1 : x->sig > y->sig;
}

static void
edge_byte(struct place *p, uint8_t c, bool nocase)
{
	p->edge[c / 64] |= UINT64_C(1) << c % 64;
	if (nocase && c >= 'a' && c <= 'z')
		p->edge[(c - 32) / 64] |= UINT64_C(1) << (c - 32) % 64;
}

static void
pair_add(const struct anchors *a, struct place *p, const struct anchor *x, unsigned length)
{
	uint8_t text[2], edge = x->bytes.p[a->from_end ? x->bytes.n - 1 : 0];
	unsigned from = 0, to = 256;

	if (x->bytes.n > 1) {
		from = x->bytes.p[a->from_end ? x->bytes.n - 2 : 1];
		to = from + 1;
	}
	for (unsigned second = from; second < to; second++) {
		text[a->from_end] = edge;
		text[!a->from_end] = (uint8_t) second;
		p->keys[pair_hash(a, p, text + a->from_end)][x->nocase] |= (uint8_t) (1 << length);
	}
}

/* Room for as many pairs as the anchors of one place, from the i-th on, may need. */
static int
pairs_room(struct anchors *a, struct arena *arena, struct place *p, uint32_t i)
{
	uint32_t n = 0;

	while (i + n < a->n && a->v[i + n].at == p->at)
		n++;
	unsigned bits = word_bits((uint64_t) 4 * n, 6, PAIR_BITS);
	p->pair_shift = (uint8_t) (16 - bits);
	return (p->keys = arena_zalloc(arena, sizeof(*p->keys) << bits)) ? 0 : -1;
}

static int
index_all(struct anchors *a, struct arena *arena)
{
	struct place *p = NULL;

	for (uint32_t i = 0; i < a->n; i++) {
		struct anchor *x = &a->v[i];
		if (!p || p->at != x->at) {
			p = &a->places[a->n_places++];
			p->at = x->at;
			if (pairs_room(a, arena, p, i) < 0)
				return -1;
		}
		unsigned k = key_length(x);
		uint32_t n = key_lengths[k], from = a->from_end ? x->bytes.n - n : 0;
		x->key = key_of(x->bytes.p + from, n, false);
		uint32_t hash = hash_of(a, x->at, n, x->nocase, x->key), *slot = &a->slot[hash / SPARSE];
		a->keys[hash / 64] |= UINT64_C(1) << hash % 64;
		pair_add(a, p, x, k);
		edge_byte(p, x->bytes.p[a->from_end ? x->bytes.n - 1 : 0], x->nocase);
		x->next = *slot;
		*slot = i + 1;
	}
	return 0;
}

struct anchors *
anchors_build(struct ruleset *r, const struct fast *fasts, const struct list *l, bool from_end)
{
	struct anchors *a = arena_zalloc(&r->arena, sizeof(*a));
	uint32_t slots = 16;

	while (slots < 2 * l->n)
		slots *= 2;
	if (!a || !(a->v = arena_zalloc(&r->arena, l->n * sizeof(*a->v))) || !(a->slot = arena_zalloc(&r->arena, slots * sizeof(*a->slot))) ||
	    !(a->places = arena_zalloc(&r->arena, l->n * sizeof(*a->places))) || !(a->keys = arena_zalloc(&r->arena, slots * SPARSE / 8)))
		return NULL;
	a->mask = slots - 1;
	a->n = l->n;
	a->from_end = from_end;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct fast *f = &fasts[l->v[i]];
		uint32_t at = 0, over = f->bytes.n > LITERAL_MAX ? f->bytes.n - LITERAL_MAX : 0;
		if (!(from_end ? fast_last(f, &at) : fast_fixed(f, &at)))
			return NULL;
		a->v[i] = (struct anchor) { .bytes = from_end ? span_skip(f->bytes, over) : span_head(f->bytes, LITERAL_MAX), .at = (uint16_t) at,
			.nocase = f->content->flags & CO_NOCASE, .sig = l->v[i], .size = f->size };
	}
	qsort(a->v, a->n, sizeof(*a->v), anchor_compare);
	return index_all(a, &r->arena) < 0 ? NULL : a;
}

uint32_t
anchors_count(const struct anchors *a)
{
	return a ? a->n : 0;
}

/* From p on, or before p; `room` bytes are there. */
static bool
is_there(const struct anchors *a, const struct anchor *x, const uint8_t *p, uint32_t room)
{
	struct span there;

	if (x->bytes.n > room)
		return false;
	there = span_of(a->from_end ? p - x->bytes.n : p, x->bytes.n);
	return x->nocase ? span_eq_nocase(there, x->bytes) : span_eq(there, x->bytes);
}

/* Of eight bytes the n at the edge. */
static inline uint64_t
few_of(const struct anchors *a, uint64_t eight, uint32_t n)
{
	return a->from_end ? eight >> (64 - 8 * n) : eight & word_mask(n);
}

static void
look_at(const struct anchors *a, const struct place *pl, const uint8_t *p, uint32_t room, bool nocase, unsigned keys, uint32_t size,
    struct candidates *into)
{
	uint64_t eight = room >= 8 ? word_load(a->from_end ? p - 8 : p) : 0;

	if (nocase)
		eight = lower_all(eight);
	for (; keys; keys &= keys - 1) {
		uint32_t n = key_lengths[__builtin_ctz(keys)];
		if (n > room)
			return;
		uint64_t key = n <= 8 && room >= 8 ? few_of(a, eight, n) : key_of(a->from_end ? p - n : p, n, nocase);
		uint32_t hash = hash_of(a, pl->at, n, nocase, key);
		if (!(a->keys[hash / 64] >> hash % 64 & 1))
			continue;
		for (uint32_t i = a->slot[hash / SPARSE]; i; i = a->v[i - 1].next) {
			const struct anchor *x = &a->v[i - 1];
			if (x->key == key && x->at == pl->at && x->nocase == nocase && (x->size == size || x->size == UINT32_MAX) && is_there(a, x, p, room))
				candidates_add(into, x->sig);
		}
	}
}

struct span
anchors_first(const struct anchors *a)
{
	return span_head(span_of((const uint8_t *) a->places, a->n_places * (uint32_t) sizeof(*a->places)), FETCHED);
}

void
anchors_find(const struct anchors *a, struct span bytes, struct candidates *into)
{
	static const uint8_t one[2] = { 1, 1 }; /* the shortest keys */

	for (uint32_t i = 0; i < a->n_places; i++) {
		const struct place *pl = &a->places[i];
		if (pl->at >= bytes.n)
			return;
		uint32_t room = bytes.n - pl->at;
		const uint8_t *p = bytes.p + (a->from_end ? room : pl->at), *edge = a->from_end ? p - 1 : p;
		if (!(pl->edge[*edge / 64] >> (*edge % 64) & 1))
			continue;
		const uint8_t *keys = room > 1 ? pl->keys[pair_hash(a, pl, edge)] : one;
		if (keys[0])
			look_at(a, pl, p, room, false, keys[0], bytes.n, into);
		if (keys[1])
			look_at(a, pl, p, room, true, keys[1], bytes.n, into);
	}
}
