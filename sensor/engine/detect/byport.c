/*
 * byport - rules that name few ports, by those ports: without a pattern, or with one so short that it is found in most packets.
 *
 * All ranges of all such rules cut the ports into pieces; each piece knows its rules. A rule is filed under the fewer of its
 * source and its destination ports.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

#define FEW 1024 /* ports: not "all above 1023" */

struct side {
	uint16_t *begin; /* of each piece, sorted; the first is 0 */
	uint32_t *first; /* n + 1: into rules */
	uint32_t *rules;
	uint32_t n;
	uint16_t from[257];   /* by the higher half of a port: the piece that the first one with it is in; the last piece */
};
struct port_table {
	struct side by[2]; /* source, destination */
	uint32_t n;
};

static uint32_t
width(const struct port_set *s)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; s && i < s->n; i++)
		sum += (uint32_t) (s->r[i].hi - s->r[i].lo) + 1;
	return s ? sum : UINT32_MAX;
}

/* The side a rule is filed under. */
static const struct port_set *
set_of(const struct sig *s, int side)
{
	bool by_source = width(s->sport) < width(s->dport);

	return by_source == (side == 0) ? side == 0 ? s->sport : s->dport : NULL;
}

bool
ports_few(const struct sig *s)
{
	if (s->flags & (SIG_BOTH_WAYS | SIG_TRANSACTIONAL)) /* they look the other way, too */
		return false;
	return width(s->sport) <= FEW || width(s->dport) <= FEW;
}

static int
edge_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where pieces begin: at 0, at each range and after each. */
static int
cut(struct side *s, const struct ruleset *r, const struct list *l, int side)
{
	uint32_t n = 1, k = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct port_set *set = set_of(&r->sigs[l->v[i]], side);
		n += set ? 2 * set->n : 0;
	}
	uint32_t *edge = calloc(n, sizeof(*edge));
	if (!edge || !(s->begin = calloc(n, sizeof(*s->begin))) || !(s->first = calloc(n + 1, sizeof(*s->first)))) {
		free(edge);
		return -1;
	}
	edge[k++] = 0;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct port_set *set = set_of(&r->sigs[l->v[i]], side);
		for (uint32_t m = 0; set && m < set->n; m++) {
			edge[k++] = set->r[m].lo;
			edge[k++] = (uint32_t) set->r[m].hi + 1;
		}
	}
	qsort(edge, k, sizeof(*edge), edge_compare);
	for (uint32_t i = 0; i < k; i++)
		if (edge[i] <= UINT16_MAX && (i == 0 || edge[i] != edge[i - 1]))
			s->begin[s->n++] = (uint16_t) edge[i];
	free(edge);
	return 0;
}

static void
index_halves(struct side *s)
{
	uint32_t at = 0;

	for (uint32_t k = 0; k < 256; k++) {
		while (at + 1 < s->n && s->begin[at + 1] <= k << 8)
			at++;
		s->from[k] = (uint16_t) at;
	}
	s->from[256] = (uint16_t) (s->n - 1);
}

static int
fill(struct side *s, const struct ruleset *r, const struct list *l, int side)
{
	uint32_t used = 0, cap = 0;

	for (uint32_t p = 0; p < s->n; p++) {
		s->first[p] = used;
		for (uint32_t i = 0; i < l->n; i++) {
			const struct port_set *set = set_of(&r->sigs[l->v[i]], side);
			if (!set || !port_in(set, s->begin[p]))
				continue;
			if (vec_grow(&s->rules, used, &cap, sizeof(*s->rules)) < 0)
				return -1;
			s->rules[used++] = l->v[i];
		}
	}
	s->first[s->n] = used;
	return 0;
}

int
ports_take(struct ruleset *r, struct list *l, struct port_table **out)
{
	struct list mine = { 0 };
	struct port_table *t = NULL;
	uint32_t kept = 0;
	int e = 0;

	*out = NULL;
	for (uint32_t i = 0; i < l->n && e == 0; i++) {
		if (!ports_few(&r->sigs[l->v[i]]))
			l->v[kept++] = l->v[i];
		else if ((e = vec_grow(&mine.v, mine.n, &mine.cap, sizeof(*mine.v))) == 0)
			mine.v[mine.n++] = l->v[i];
	}
	l->n = kept;
	if (e == 0 && mine.n && !(*out = t = calloc(1, sizeof(*t))))
		e = -1;
	for (int side = 0; t && e == 0 && side < 2; side++)
		if ((e = cut(&t->by[side], r, &mine, side)) == 0) {
			index_halves(&t->by[side]);
			e = fill(&t->by[side], r, &mine, side);
		}
	if (t)
		t->n = mine.n;
	free(mine.v);
	return e;
}

void
ports_free(struct port_table *t)
{
	for (int side = 0; t && side < 2; side++) {
		free(t->by[side].begin);
		free(t->by[side].first);
		free(t->by[side].rules);
	}
	free(t);
}

uint32_t
ports_count(const struct port_table *t)
{
	return t ? t->n : 0;
}

static bool
find(const struct side *s, uint16_t port, struct candidates *into)
{
	uint32_t lo = s->from[port >> 8], hi = s->from[(port >> 8) + 1] + 1u; /* the piece is in [lo, hi) */

	while (hi - lo > 1) {
		uint32_t mid = (lo + hi) / 2;
		if (s->begin[mid] <= port)
			lo = mid;
		else
			hi = mid;
	}
	for (uint32_t i = s->first[lo]; i < s->first[lo + 1]; i++)
		candidates_add(into, s->rules[i]);
	return s->first[lo + 1] > s->first[lo];
}

bool
ports_find(const struct port_table *t, const struct packet *p, struct candidates *into)
{
	bool any = find(&t->by[0], p->sport, into);

	return find(&t->by[1], p->dport, into) || any;
}
