/*
 * iponly - rules by the addresses they name: those that name nothing else, asked once for each direction of a flow, and
 * those without a pattern that name few (lists of bad hosts).
 *
 * All ranges of all such rules cut the address space into pieces; each piece knows its rules. A lookup is one
 * binary search by source and one by destination, of IPv4 among the pieces that begin with the same bits. A rule is filed under the
 * narrower of its two sides.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

#define PREFIX 12 /* bits of an IPv4 address */
#define NET 16    /* likewise */

struct side {
	struct addr *begin; /* of each piece, sorted */
	uint32_t from[(1 << PREFIX) + 1]; /* by prefix: pieces that begin before all its addresses */
	uint64_t any[(1 << NET) / 64];    /* bit per network: some rule has an address in it */
	uint32_t *first;    /* n + 1: into rules */
	uint32_t *rules;
	uint32_t n;
};
struct address_table {
	struct side by[2]; /* source, destination */
	uint32_t *any;     /* rules for every address */
	uint32_t n_any, cap_any;
};

struct edge {
	struct addr at;
	uint32_t sig;
	bool open;
};

static int
edge_compare(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	int c = addr_cmp(&x->at, &y->at);

	if (c)
		return c;
	if (x->sig != y->sig)
		return x->sig < y->sig ? -1 : 1;
	return (int) x->open - (int) y->open;
}

static uint32_t
make_edges(const struct ruleset *r, const struct list *rules, const struct addr_set *(*set)(const struct sig *),
    bool (*mine)(const struct sig *), struct edge *e)
{
	uint32_t n = 0;

	for (uint32_t j = 0; j < rules->n; j++) {
		uint32_t i = rules->v[j];
		const struct sig *s = &r->sigs[i];
		if (!mine(s))
			continue;
		for (uint32_t k = 0; k < set(s)->n; k++) {
			struct addr after = set(s)->r[k].hi;
			if (e)
				e[n] = (struct edge) { set(s)->r[k].lo, i, true };
			n++;
			if (!addr_next(&after))
				continue;
			if (e)
				e[n] = (struct edge) { after, i, false };
			n++;
		}
	}
	return n;
}

struct live { /* rules of the piece at hand, sorted */
	uint32_t *v, n, cap;
};

static int
live_change(struct live *l, uint32_t sig, bool add)
{
	uint32_t i = 0;

	while (i < l->n && l->v[i] < sig)
		i++;
	if (!add) {
		if (i < l->n && l->v[i] == sig)
			memmove(l->v + i, l->v + i + 1, (--l->n - i) * sizeof(*l->v));
		return 0;
	}
	if (vec_grow(&l->v, l->n, &l->cap, sizeof(*l->v)) < 0)
		return -1;
	memmove(l->v + i + 1, l->v + i, (l->n++ - i) * sizeof(*l->v));
	l->v[i] = sig;
	return 0;
}

static int
cut(struct side *s, const struct edge *e, uint32_t n)
{
	struct live l = { 0 };
	uint32_t used = 0, cap = 0, bad = 0;

	s->begin = calloc(n + 1, sizeof(*s->begin));
	s->first = calloc(n + 2, sizeof(*s->first));
	if (!s->begin || !s->first)
		return -1;
	for (uint32_t i = 0; i < n && !bad;) {
		struct addr at = e[i].at;
		for (; i < n && addr_eq(&e[i].at, &at); i++)
			bad |= live_change(&l, e[i].sig, e[i].open) < 0;
		s->begin[s->n] = at;
		s->first[s->n++] = used;
		for (uint32_t k = 0; k < l.n && !bad; k++) {
			bad |= vec_grow(&s->rules, used, &cap, sizeof(*s->rules)) < 0;
			if (!bad)
				s->rules[used++] = l.v[k];
		}
	}
	s->first[s->n] = used;
	free(l.v);
	return bad ? -1 : 0;
}

static const struct addr_set *
set_src(const struct sig *s)
{
	return s->src;
}

static const struct addr_set *
set_dst(const struct sig *s)
{
	return s->dst;
}

/* Addresses in a set, as a power of two: IPv4 /32 is 0, everything is 128. */
static double
width(const struct addr_set *a)
{
	double sum = 0;

	for (uint32_t i = 0; i < a->n; i++)
		sum += (double) (__builtin_bswap64(a->r[i].hi.q[0]) - __builtin_bswap64(a->r[i].lo.q[0])) * 1.8e19 +
		    (double) __builtin_bswap64(a->r[i].hi.q[1]) - (double) __builtin_bswap64(a->r[i].lo.q[1]);
	return sum;
}

static bool
by_src(const struct sig *s)
{
	return s->src && (!s->dst || width(s->src) <= width(s->dst));
}

static bool
by_dst(const struct sig *s)
{
	return !by_src(s) && s->dst;
}

static void
index_prefixes(struct side *s)
{
	uint32_t at = 0;

	for (uint32_t k = 0; k < 1 << PREFIX; k++) {
		struct addr first = addr_v4((const uint8_t[4]) { (uint8_t) (k >> (PREFIX - 8)), (uint8_t) (k << (16 - PREFIX)) });
		while (at < s->n && addr_cmp(&s->begin[at], &first) < 0)
			at++;
		s->from[k] = at;
	}
	struct addr last = addr_v4((const uint8_t[4]) { 255, 255, 255, 255 });
	while (at < s->n && addr_cmp(&s->begin[at], &last) <= 0)
		at++;
	s->from[1 << PREFIX] = at;
}

/* Networks of the IPv4 addresses of pieces that have rules. */
static void
mark_networks(struct side *s)
{
	for (uint32_t k = 0; k < s->n; k++) {
		struct addr last = { .q = { UINT64_MAX, UINT64_MAX } };
		uint32_t lo, hi;
		if (k + 1 < s->n) {
			last = s->begin[k + 1];
			addr_prev(&last);
		}
		if (s->first[k] == s->first[k + 1] || !addr_v4_part(&s->begin[k], &last, &lo, &hi))
			continue;
		for (uint32_t net = lo >> (32 - NET); net <= hi >> (32 - NET); net++)
			s->any[net / 64] |= UINT64_C(1) << net % 64;
	}
}

static int
build_side(const struct ruleset *r, const struct list *rules, struct side *out, const struct addr_set *(*set)(const struct sig *),
    bool (*mine)(const struct sig *))
{
	uint32_t n = make_edges(r, rules, set, mine, NULL);
	struct edge *e = calloc(n + 1, sizeof(*e));

	if (!e)
		return -1;
	make_edges(r, rules, set, mine, e);
	qsort(e, n, sizeof(*e), edge_compare);
	int bad = cut(out, e, n);
	free(e);
	if (bad == 0) {
		index_prefixes(out);
		mark_networks(out);
	}
	return bad;
}

static struct address_table *
table_build(const struct ruleset *r, const struct list *rules)
{
	struct address_table *t = calloc(1, sizeof(*t));

	if (!t || build_side(r, rules, &t->by[0], set_src, by_src) < 0 || build_side(r, rules, &t->by[1], set_dst, by_dst) < 0) {
		iponly_free(t);
		return NULL;
	}
	return t;
}

struct address_table *
iponly_build(struct ruleset *r)
{
	struct list mine = { 0 };
	struct address_table *t = NULL;
	bool bad = false;

	for (uint32_t i = 0; i < r->n && !bad; i++)
		if (r->sigs[i].flags & SIG_IPONLY && !(bad = vec_grow(&mine.v, mine.n, &mine.cap, sizeof(*mine.v)) < 0))
			mine.v[mine.n++] = i;
	if (!bad)
		t = table_build(r, &mine);
	for (uint32_t i = 0; t && i < mine.n; i++) {
		if (r->sigs[mine.v[i]].src || r->sigs[mine.v[i]].dst)
			continue;
		if (vec_grow(&t->any, t->n_any, &t->cap_any, sizeof(*t->any)) < 0) {
			iponly_free(t);
			t = NULL;
		} else
			t->any[t->n_any++] = mine.v[i];
	}
	free(mine.v);
	return t;
}

/* Fewer addresses than the private networks have together, which is what a home network mostly is. */
#define FEW 16777216.0

static bool
names_few(const struct sig *s)
{
	const struct addr_set *a = by_src(s) ? s->src : s->dst;

	return a && width(a) < FEW;
}

int
addresses_take(const struct ruleset *r, struct list lists[2], struct address_table **out)
{
	struct list mine = { 0 };

	*out = NULL;
	for (int dir = 0; dir < 2; dir++) {
		struct list *l = &lists[dir];
		uint32_t kept = 0;
		for (uint32_t i = 0; i < l->n; i++) {
			const struct sig *s = &r->sigs[l->v[i]];
			if (!names_few(s)) {
				l->v[kept++] = l->v[i];
				continue;
			}
			if (dir == 1 && s->dirs & 1)
				continue; /* taken from the other list */
			if (vec_grow(&mine.v, mine.n, &mine.cap, sizeof(*mine.v)) < 0) {
				free(mine.v);
				return -1;
			}
			mine.v[mine.n++] = l->v[i];
		}
		l->n = kept;
	}
	if (mine.n)
		*out = table_build(r, &mine);
	free(mine.v);
	return mine.n && !*out ? -1 : 0;
}

void
iponly_free(struct address_table *t)
{
	for (unsigned i = 0; t && i < 2; i++) {
		free(t->by[i].begin);
		free(t->by[i].first);
		free(t->by[i].rules);
	}
	if (t)
		free(t->any);
	free(t);
}

static bool
find(const struct side *s, const struct addr *a, struct candidates *into)
{
	uint32_t lo = 0, hi = s->n;

	if (addr_is_v4(a)) {
		uint32_t prefix = __builtin_bswap32(a->w[3]) >> (32 - PREFIX), net = __builtin_bswap32(a->w[3]) >> (32 - NET);
		if (!(s->any[net / 64] >> net % 64 & 1))
			return false;
		lo = s->from[prefix];
		hi = s->from[prefix + 1];
	}
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		if (addr_cmp(&s->begin[mid], a) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return false;
	for (uint32_t i = s->first[lo - 1]; i < s->first[lo]; i++)
		candidates_add(into, s->rules[i]);
	return s->first[lo - 1] < s->first[lo];
}

/* Both sides are asked with both addresses: a rule may be written <>. The header is checked by the caller. */
bool
addresses_find(const struct address_table *t, const struct packet *p, struct candidates *into)
{
	bool any = false;

	for (unsigned i = 0; i < 2; i++) {
		if (!t->by[i].n)
			continue;
		any |= find(&t->by[i], &p->src, into);
		any |= find(&t->by[i], &p->dst, into);
	}
	return any;
}

void
iponly_find(const struct address_table *t, const struct packet *p, struct candidates *into)
{
	addresses_find(t, p, into);
	for (uint32_t i = 0; i < t->n_any; i++)
		candidates_add(into, t->any[i]);
}
