/*
 * addr_set - sorted, disjoint ranges of addresses; built at load time, searched per packet.
 */
#include "base/addr.h"

#include <stdlib.h>

#include "base/err.h"

static const struct addr lowest = { .q = { 0, 0 } };
static const struct addr highest = { .q = { UINT64_MAX, UINT64_MAX } };

void
addr_set_init(struct addr_set *s)
{
	*s = (struct addr_set) { 0 };
}

void
addr_set_clear(struct addr_set *s)
{
	free(s->r);
	addr_set_init(s);
}

int
addr_set_add(struct addr_set *s, const struct addr *lo, const struct addr *hi)
{
	if (addr_cmp(lo, hi) > 0)
		return E_BAD;
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 8;
		struct addr_range *r = reallocarray(s->r, cap, sizeof(*r));
		if (!r)
			return E_NOMEM;
		s->r = r;
		s->cap = cap;
	}
	s->r[s->n++] = (struct addr_range) { *lo, *hi };
	return 0;
}

int
addr_set_add_prefix(struct addr_set *s, const struct prefix *p)
{
	struct addr hi = p->a;

	for (unsigned bit = p->len; bit < 128; bit += 8 - bit % 8)
		hi.b[bit / 8] |= (uint8_t) (0xff >> bit % 8);
	return addr_set_add(s, &p->a, &hi);
}

static int
by_lo(const void *a, const void *b)
{
	const struct addr_range *x = a, *y = b;
	int c = addr_cmp(&x->lo, &y->lo);

	return c ? c : addr_cmp(&x->hi, &y->hi);
}

/* Does b begin inside a or just behind it? */
static bool
touches(const struct addr_range *a, const struct addr_range *b)
{
	struct addr after = a->hi;

	return !addr_next(&after) || addr_cmp(&b->lo, &after) <= 0;
}

void
addr_set_seal(struct addr_set *s)
{
	uint32_t out = 0;

	if (s->n == 0)
		return;
	qsort(s->r, s->n, sizeof(*s->r), by_lo);
	for (uint32_t i = 1; i < s->n; i++) {
		if (!touches(&s->r[out], &s->r[i]))
			s->r[++out] = s->r[i];
		else if (addr_cmp(&s->r[i].hi, &s->r[out].hi) > 0)
			s->r[out].hi = s->r[i].hi;
	}
	s->n = out + 1;
}

/* Adds what is left of [lo,hi] between the ranges of b, from *k on. */
static int
add_without(struct addr_set *out, struct addr lo, const struct addr *hi, const struct addr_set *b)
{
	int rc;

	for (uint32_t k = 0; k < b->n; k++) {
		const struct addr_range *cut = &b->r[k];
		if (addr_cmp(&cut->hi, &lo) < 0)
			continue;
		if (addr_cmp(&cut->lo, hi) > 0)
			break;
		if (addr_cmp(&cut->lo, &lo) > 0) {
			struct addr end = cut->lo;
			addr_prev(&end);
			if ((rc = addr_set_add(out, &lo, &end)) < 0)
				return rc;
		}
		lo = cut->hi;
		if (!addr_next(&lo) || addr_cmp(&lo, hi) > 0)
			return 0;
	}
	return addr_set_add(out, &lo, hi);
}

int
addr_set_subtract(struct addr_set *a, const struct addr_set *b)
{
	struct addr_set out;
	int rc;

	addr_set_init(&out);
	for (uint32_t i = 0; i < a->n; i++) {
		rc = add_without(&out, a->r[i].lo, &a->r[i].hi, b);
		if (rc < 0) {
			addr_set_clear(&out);
			return rc;
		}
	}
	addr_set_clear(a);
	*a = out;
	return 0;
}

int
addr_set_complement(struct addr_set *a)
{
	struct addr_set all;
	int rc;

	addr_set_init(&all);
	rc = addr_set_add(&all, &lowest, &highest);
	if (rc == 0)
		rc = addr_set_subtract(&all, a);
	if (rc < 0) {
		addr_set_clear(&all);
		return rc;
	}
	addr_set_clear(a);
	*a = all;
	return 0;
}

bool
addr_set_has(const struct addr_set *s, const struct addr *a)
{
	uint32_t lo = 0, hi = s->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (addr_cmp(a, &s->r[mid].lo) < 0)
			hi = mid;
		else if (addr_cmp(a, &s->r[mid].hi) > 0)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

bool
addr_set_is_all(const struct addr_set *s)
{
	return s->n == 1 && addr_eq(&s->r[0].lo, &lowest) && addr_eq(&s->r[0].hi, &highest);
}

bool
addr_set_eq(const struct addr_set *a, const struct addr_set *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!addr_eq(&a->r[i].lo, &b->r[i].lo) || !addr_eq(&a->r[i].hi, &b->r[i].hi))
			return false;
	return true;
}
