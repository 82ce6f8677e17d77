/*
 * anchors - patterns that rules want at one place of the payload: looked up there, not searched for.
 *
 * For each place: which first bytes there are, how long keys are (up to four bytes of the pattern), and a hash of the keys.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

#define PLACE_MAX 1024
#define KEY 4

struct anchor {
	struct span bytes; /* lower case when nocase */
	uint16_t at;
	bool nocase;
	uint32_t sig;
	uint32_t next; /* of its slot, from 1; 0: none */
};
struct place {
	uint16_t at;
	uint8_t keys[2];    /* bit = length - 1 of keys there are: as they are, in lower case */
	uint64_t first[4];  /* bit per first byte */
};
struct anchors {
	struct place *places; /* by where they are */
	uint32_t n_places;
	struct anchor *v;
	uint32_t n;
	uint32_t *slot;       /* from 1 */
	uint32_t mask;
};

bool
fast_fixed(const struct fast *f, uint32_t *at)
{
	const struct op_content *c = f->content;
	int64_t begin = c->flags & CO_OFFSET ? c->offset.value : 0;

	if (!(c->flags & CO_DEPTH) || c->flags & (CO_DISTANCE | CO_WITHIN | CO_NEGATED) || c->depth.var >= 0)
		return false;
	if ((c->flags & CO_OFFSET && c->offset.var >= 0) || c->depth.value != begin + c->n)
		return false;
	if (c->flags & CO_FAST_CHOP)
		begin += c->chop_at;
	*at = (uint32_t) begin;
	return begin >= 0 && begin < PLACE_MAX && f->bytes.n;
}

static inline uint32_t
key_of(const uint8_t *p, uint32_t n, bool nocase)
{
	uint32_t key = 0;

	for (uint32_t i = 0; i < n; i++)
		key |= (uint32_t) (nocase ? byte_lower(p[i]) : p[i]) << 8 * i;
	return key;
}

static inline uint32_t
slot_of(const struct anchors *a, uint32_t place, uint32_t n, bool nocase, uint32_t key)
{
	uint64_t x = (uint64_t) key << 32 | place << 4 | n << 1 | nocase;

	return (uint32_t) (x * UINT64_C(0x9e3779b97f4a7c15) >> 40) & a->mask;
}

static uint32_t
key_length(const struct anchor *x)
{
	return x->bytes.n < KEY ? x->bytes.n : KEY;
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
first_byte(struct place *p, uint8_t c, bool nocase)
{
	p->first[c / 64] |= UINT64_C(1) << c % 64;
	if (nocase && c >= 'a' && c <= 'z')
		p->first[(c - 32) / 64] |= UINT64_C(1) << (c - 32) % 64;
}

static void
index_all(struct anchors *a)
{
	struct place *p = NULL;

	for (uint32_t i = 0; i < a->n; i++) {
		struct anchor *x = &a->v[i];
		if (!p || p->at != x->at) {
			p = &a->places[a->n_places++];
			p->at = x->at;
		}
		uint32_t n = key_length(x);
		uint32_t *slot = &a->slot[slot_of(a, x->at, n, x->nocase, key_of(x->bytes.p, n, false))];
		p->keys[x->nocase] |= (uint8_t) (1 << (n - 1));
		first_byte(p, x->bytes.p[0], x->nocase);
		x->next = *slot;
		*slot = i + 1;
	}
}

struct anchors *
anchors_build(struct ruleset *r, const struct fast *fasts, const struct list *l)
{
	struct anchors *a = arena_zalloc(&r->arena, sizeof(*a));
	uint32_t slots = 16;

	while (slots < 2 * l->n)
		slots *= 2;
	if (!a || !(a->v = arena_zalloc(&r->arena, l->n * sizeof(*a->v))) || !(a->slot = arena_zalloc(&r->arena, slots * sizeof(*a->slot))) ||
	    !(a->places = arena_zalloc(&r->arena, l->n * sizeof(*a->places))))
		return NULL;
	a->mask = slots - 1;
	a->n = l->n;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct fast *f = &fasts[l->v[i]];
		uint32_t at = 0;
		fast_fixed(f, &at);
		a->v[i] = (struct anchor) { .bytes = span_head(f->bytes, LITERAL_MAX), .at = (uint16_t) at, .nocase = f->content->flags & CO_NOCASE, .sig = l->v[i] };
	}
	qsort(a->v, a->n, sizeof(*a->v), anchor_compare);
	index_all(a);
	return a;
}

uint32_t
anchors_count(const struct anchors *a)
{
	return a ? a->n : 0;
}

static bool
is_there(const struct anchor *x, const uint8_t *p, uint32_t room)
{
	struct span there = span_head(span_of(p, room), x->bytes.n);

	return x->nocase ? span_eq_nocase(there, x->bytes) : span_eq(there, x->bytes);
}

static void
look_at(const struct anchors *a, const struct place *pl, const uint8_t *p, uint32_t room, bool nocase, struct candidates *into)
{
	for (unsigned keys = pl->keys[nocase]; keys; keys &= keys - 1) {
		uint32_t n = (uint32_t) __builtin_ctz(keys) + 1;
		if (n > room)
			return;
		uint32_t i = a->slot[slot_of(a, pl->at, n, nocase, key_of(p, n, nocase))];
		for (; i; i = a->v[i - 1].next) {
			const struct anchor *x = &a->v[i - 1];
			if (x->at == pl->at && x->nocase == nocase && is_there(x, p, room))
				candidates_add(into, x->sig);
		}
	}
}

void
anchors_find(const struct anchors *a, struct span bytes, struct candidates *into)
{
	for (uint32_t i = 0; i < a->n_places; i++) {
		const struct place *pl = &a->places[i];
		if (pl->at >= bytes.n)
			return;
		const uint8_t *p = bytes.p + pl->at;
		if (!(pl->first[*p / 64] >> (*p % 64) & 1))
			continue;
		look_at(a, pl, p, bytes.n - pl->at, false, into);
		if (pl->keys[1])
			look_at(a, pl, p, bytes.n - pl->at, true, into);
	}
}
