/*
 * anchors - patterns that rules want at one place of the payload or field: looked up there, not searched for.
 *
 * A place is counted from the beginning, or from the end backwards. For each: which bytes there are at this edge of the patterns, how
 * long keys are (up to eight bytes from there), and a hash of the keys.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

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
	uint64_t edge[4];   /* bit per byte at the edge */
};
struct anchors {
	bool from_end;
	struct place *places; /* by where they are */
	uint32_t n_places;
	struct anchor *v;
	uint32_t n;
	uint32_t *slot;       /* from 1 */
	uint32_t mask;
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
	int64_t begin = c->flags & CO_OFFSET ? c->offset.value : 0;

	if (is_whole(f))
		begin = 0;
	else if (!(c->flags & CO_DEPTH) || c->flags & (CO_DISTANCE | CO_WITHIN | CO_NEGATED) || c->depth.var >= 0 ||
	    (c->flags & CO_OFFSET && c->offset.var >= 0) || c->depth.value != begin + c->n)
		return false;
	if (c->flags & CO_FAST_CHOP)
		begin += c->chop_at;
	*at = (uint32_t) begin;
	return begin >= 0 && begin < PLACE_MAX && f->bytes.n;
}

bool
fast_last(const struct fast *f, uint32_t *behind)
{
	const struct op_content *c = f->content;

	*behind = c->flags & CO_FAST_CHOP ? c->n - c->chop_at - c->chop_n : 0;
	return c->flags & CO_ENDS && !(c->flags & CO_NEGATED) && *behind < PLACE_MAX && f->bytes.n;
}

/* n bytes from p on; 1 to 4, or 8 of them. In lower case where asked for: ASCII capitals of all bytes at once. */
static inline uint64_t
key_of(const uint8_t *p, uint32_t n, bool nocase)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	uint64_t key = 0;

	switch (n) {
	case 8:
		memcpy(&key, p, 8);
		break;
	case 4:
		memcpy(&key, p, 4);
		break;
	default:
		for (uint32_t i = 0; i < n; i++)
			key |= (uint64_t) p[i] << 8 * i;
	}
	if (nocase) {
		uint64_t low = key & 0x7f * each, from_a = low + (0x80 - 'A') * each, above_z = low + (0x7f - 'Z') * each;
		key |= (~key & (from_a ^ above_z) & 0x80 * each) >> 2;
	}
	return key;
}

static inline uint32_t
slot_of(const struct anchors *a, uint32_t place, uint32_t n, bool nocase, uint64_t key)
{
	uint64_t x = (key ^ (uint64_t) (place << 5 | n << 1 | nocase) * UINT64_C(0xd6e8feb86659fd93)) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t) (x >> 32 ^ x >> 48) & a->mask;
}

static uint32_t
key_length(const struct anchor *x)
{
	return x->bytes.n >= 8 ? 8 : x->bytes.n < 4 ? x->bytes.n : 4;
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
index_all(struct anchors *a)
{
	struct place *p = NULL;

	for (uint32_t i = 0; i < a->n; i++) {
		struct anchor *x = &a->v[i];
		if (!p || p->at != x->at) {
			p = &a->places[a->n_places++];
			p->at = x->at;
		}
		uint32_t n = key_length(x), from = a->from_end ? x->bytes.n - n : 0;
		uint32_t *slot = &a->slot[slot_of(a, x->at, n, x->nocase, key_of(x->bytes.p + from, n, false))];
		p->keys[x->nocase] |= (uint8_t) (1 << (n - 1));
		edge_byte(p, x->bytes.p[a->from_end ? x->bytes.n - 1 : 0], x->nocase);
		x->next = *slot;
		*slot = i + 1;
	}
}

struct anchors *
anchors_build(struct ruleset *r, const struct fast *fasts, const struct list *l, bool from_end)
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
	a->from_end = from_end;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct fast *f = &fasts[l->v[i]];
		uint32_t at = 0, over = f->bytes.n > LITERAL_MAX ? f->bytes.n - LITERAL_MAX : 0;
		if (!(from_end ? fast_last(f, &at) : fast_fixed(f, &at)))
			return NULL;
		a->v[i] = (struct anchor) { .bytes = from_end ? span_skip(f->bytes, over) : span_head(f->bytes, LITERAL_MAX), .at = (uint16_t) at,
			.nocase = f->content->flags & CO_NOCASE, .sig = l->v[i] };
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

static void
look_at(const struct anchors *a, const struct place *pl, const uint8_t *p, uint32_t room, bool nocase, struct candidates *into)
{
	for (unsigned keys = pl->keys[nocase]; keys; keys &= keys - 1) {
		uint32_t n = (uint32_t) __builtin_ctz(keys) + 1;
		if (n > room)
			return;
		uint32_t i = a->slot[slot_of(a, pl->at, n, nocase, key_of(a->from_end ? p - n : p, n, nocase))];
		for (; i; i = a->v[i - 1].next) {
			const struct anchor *x = &a->v[i - 1];
			if (x->at == pl->at && x->nocase == nocase && is_there(a, x, p, room))
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
		uint32_t room = bytes.n - pl->at;
		const uint8_t *p = bytes.p + (a->from_end ? room : pl->at), *edge = a->from_end ? p - 1 : p;
		if (!(pl->edge[*edge / 64] >> (*edge % 64) & 1))
			continue;
		if (pl->keys[0])
			look_at(a, pl, p, room, false, into);
		if (pl->keys[1])
			look_at(a, pl, p, room, true, into);
	}
}
