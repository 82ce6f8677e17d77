/*
 * ends - between whom a rule may match. The set of addresses that most rules name, the home network as a rule, cuts all addresses in
 * two and packets into four kinds, by where they come from and where they go: a packet is asked about the rules of its kind only.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/detect/ruleset.h"

#define ENOUGH 4  /* one rule in so many names the set, else it cuts too little off */
#define INSIDE 1u /* bits: the set has such addresses */
#define OUTSIDE 2u
#define FEW 8     /* ranges that are looked at one by one */

struct named { /* a set that rules name */
	const struct addr_set *set;
	uint64_t key; /* the same for sets of the same addresses, and for what is not in those */
	uint32_t count;
	uint32_t first; /* the first rule, twice; its destination is one more */
	unsigned sides;
};
struct namings {
	struct named *v;
	uint32_t n, cap;
	uint32_t *of[2]; /* each rule's source and destination, from 1; 0: any */
};

static int
by_key(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static bool
has_lowest(const struct addr_set *s)
{
	return s->n && s->r[0].lo.q[0] == 0 && s->r[0].lo.q[1] == 0;
}

/* A hash of the borders at which one is in the set or not in it any more, from the lowest address on. */
static uint64_t
key_of(const struct addr_set *s)
{
	uint64_t key = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct addr border[2] = { s->r[i].lo, s->r[i].hi };
		addr_next(&border[1]);
		for (int k = 0; k < 2; k++)
			if (border[k].q[0] || border[k].q[1])
				key = hash_bytes(&border[k], sizeof(border[k]), key);
	}
	return key;
}

static int
name_set(struct namings *all, struct id_map *known, const struct addr_set *set, uint32_t sig, unsigned dst)
{
	void **at = id_map_at(known, (uintptr_t) set);

	if (!at)
		return -1;
	if (!*at) {
		if (vec_grow(&all->v, all->n, &all->cap, sizeof(*all->v)) < 0)
			return -1;
		all->v[all->n++] = (struct named) { .set = set, .key = key_of(set), .first = 2 * sig + dst };
		*at = (void *) (uintptr_t) all->n;
	}
	all->of[dst][sig] = (uint32_t) (uintptr_t) *at;
	all->v[all->of[dst][sig] - 1].count++;
	return 0;
}

static int
list_named(const struct ruleset *r, struct namings *all)
{
	struct id_map known = { 0 };
	int e = 0;

	for (uint32_t i = 0; i < r->n && e == 0; i++) {
		if (r->sigs[i].src)
			e = name_set(all, &known, r->sigs[i].src, i, 0);
		if (r->sigs[i].dst && e == 0)
			e = name_set(all, &known, r->sigs[i].dst, i, 1);
	}
	id_map_clear(&known);
	return e;
}

/* Named most often, or what is not in it; of equals, the one that an earlier rule names. NULL: none by enough rules. */
static const struct addr_set *
most_named(const struct ruleset *r, const struct namings *all)
{
	struct named *v = malloc((all->n + 1) * sizeof(*v));
	const struct addr_set *best = NULL;
	uint32_t most = 0, first = 0;

	if (!v)
		return NULL;
	if (all->n)
		memcpy(v, all->v, all->n * sizeof(*v));
	qsort(v, all->n, sizeof(*v), by_key);
	for (uint32_t i = 0, k; i < all->n; i = k) {
		const struct addr_set *set = v[i].set;
		uint32_t count = 0;
		for (k = i; k < all->n && v[k].key == v[i].key; k++) {
			count += v[k].count;
			if (has_lowest(set)) /* "all but those": rather those */
				set = v[k].set;
		}
		if (count < most || (count == most && v[i].first > first))
			continue;
		most = count;
		first = v[i].first;
		best = set;
	}
	free(v);
	return (uint64_t) most * ENOUGH >= r->n ? best : NULL;
}

static unsigned
sides_of(const struct addr_set *s, const struct addr_set *inside)
{
	unsigned sides = 0;
	uint32_t k = 0;

	for (uint32_t i = 0; i < s->n; i++) { /* ranges that touch are one: a range is inside when it lies in one of them */
		const struct addr_range *x = &s->r[i];
		while (k < inside->n && addr_cmp(&inside->r[k].hi, &x->lo) < 0)
			k++;
		bool meets = k < inside->n && addr_cmp(&inside->r[k].lo, &x->hi) <= 0;
		sides |= meets ? INSIDE : OUTSIDE;
		if (meets && (addr_cmp(&x->lo, &inside->r[k].lo) < 0 || addr_cmp(&x->hi, &inside->r[k].hi) > 0))
			sides |= OUTSIDE;
	}
	return sides;
}

/* Kinds of packets, a bit each, from addresses on one of the sides to addresses on the others. */
static uint8_t
kinds_of(unsigned src, unsigned dst)
{
	unsigned set = 0;

	for (unsigned k = 0; k < ENDS; k++)
		if (src >> k / 2 & 1 && dst >> k % 2 & 1)
			set |= 1u << k;
	return (uint8_t) set;
}

static void
mark_rules(struct ruleset *r, struct namings *all)
{
	for (uint32_t i = 0; i < all->n; i++)
		all->v[i].sides = sides_of(all->v[i].set, r->ends.inside);
	for (uint32_t i = 0; i < r->n; i++) {
		struct sig *s = &r->sigs[i];
		unsigned side[2];
		for (unsigned k = 0; k < 2; k++)
			side[k] = all->of[k][i] ? all->v[all->of[k][i] - 1].sides : INSIDE | OUTSIDE;
		s->ends = kinds_of(side[0], side[1]);
		if (s->flags & (SIG_BOTH_WAYS | SIG_TRANSACTIONAL))
			s->ends |= kinds_of(side[1], side[0]);
	}
}

/* The part of its ranges that IPv4 addresses lie in. */
static int
take_v4(struct ruleset *r)
{
	struct ends *e = &r->ends;

	if (!(e->v4 = arena_alloc(&r->arena, (e->inside->n + 1) * sizeof(*e->v4))))
		return -1;
	for (uint32_t i = 0; i < e->inside->n; i++) {
		uint32_t lo, hi;
		if (!addr_v4_part(&e->inside->r[i].lo, &e->inside->r[i].hi, &lo, &hi))
			continue;
		e->v4[e->n_v4].lo = lo;
		e->v4[e->n_v4++].span = hi - lo;
	}
	return 0;
}

int
ends_build(struct ruleset *r)
{
	uint32_t *of = calloc(2 * (size_t) r->n + 1, sizeof(*of));
	struct namings all = { .of = { of, of ? of + r->n : NULL } };
	int e = of ? list_named(r, &all) : -1;

	for (uint32_t i = 0; i < r->n; i++)
		r->sigs[i].ends = 1;
	if (e == 0 && (r->ends.inside = most_named(r, &all)) && (e = take_v4(r)) == 0)
		mark_rules(r, &all);
	free(all.v);
	free(of);
	return e;
}

static bool
is_inside(const struct ends *e, const struct addr *a, bool v4)
{
	if (!v4)
		return addr_set_has(e->inside, a);
	uint32_t x = __builtin_bswap32(a->w[3]), lo = 0, hi = e->n_v4;
	bool in = false;

	while (hi - lo > FEW) { /* the range that may have it is in [lo, hi) */
		uint32_t mid = (lo + hi) / 2;
		if (e->v4[mid].lo <= x)
			lo = mid;
		else
			hi = mid;
	}
	for (; lo < hi; lo++)
		in |= x - e->v4[lo].lo <= e->v4[lo].span;
	return in;
}

unsigned
ends_of(const struct ends *e, const struct packet *p)
{
	if (!e->inside || !p->ip_version) /* without addresses: what names some does not match, all others are everywhere */
		return 0;
	return 2 * !is_inside(e, &p->src, p->ip_version == 4) + !is_inside(e, &p->dst, p->ip_version == 4);
}

const char *
ends_name(const struct ends *e, unsigned k)
{
	static const char *const names[ENDS] = { ", inside to inside", ", inside to outside", ", outside to inside", ", outside to outside" };

	return e->inside ? names[k] : "";
}
