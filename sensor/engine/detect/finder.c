/*
 * finder - which rules may match in a payload or a field: patterns that can be at one place only are looked up there, the others
 * searched for.
 *
 * Rules on small payloads (dsize) are left out of the search of large ones. Else one search for all the others: apart by ports or
 * protocol they were measured to cost more, since each database takes its own part of the cache.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"
#include "engine/detect/sieve.h"

struct parted { /* a finder's rules */
	struct list fixed, last, any, large;
};

enum finder_of
finder_of_buffer(const struct buffer *b)
{
	return b->kind == BUF_FRAME ? FINDER_PIECES : b->body ? FINDER_BODY : FINDER_FIELD;
}

enum where
finder_where(enum finder_of of, const struct fast *f, uint32_t *at)
{
	if (of != FINDER_PIECES && fast_fixed(f, at))
		return FROM_BEGIN;
	return of == FINDER_FIELD && fast_last(f, at) ? FROM_END : ANYWHERE;
}

static struct list *
part_for(struct parted *p, enum finder_of of, const struct fast *f)
{
	uint32_t at;
	enum where w = finder_where(of, f, &at);

	return w == FROM_BEGIN ? &p->fixed : w == FROM_END ? &p->last : &p->any;
}

static int
build_large(struct ruleset *r, struct finder *f, const char *name, const struct fast *fasts, struct parted *p, struct diag *d)
{
	char longer[128];

	for (uint32_t i = 0; i < p->any.n; i++)
		if (fasts[p->any.v[i]].payload_sizes.most > FINDER_SMALL && list_add(&p->large, p->any.v[i]) < 0)
			return -1;
	if (p->large.n == p->any.n)
		f->large = f->any;
	if (!p->large.n || p->large.n == p->any.n)
		return 0;
	snprintf(longer, sizeof(longer), "%.100s, large", name);
	return (f->large = scan_build(r, longer, fasts, p->large.v, p->large.n, d)) ? 0 : -1;
}

static struct span
first_of(const struct scan *s)
{
	return s && s->sieve ? sieve_first(s->sieve) : SPAN_NONE;
}

struct finder *
finder_build(struct ruleset *r, const char *name, enum finder_of of, const struct fast *fasts, const struct list *l, struct diag *d)
{
	struct finder *f = arena_zalloc(&r->arena, sizeof(*f));
	struct parted p = { 0 };
	int e = f ? 0 : -1;

	for (uint32_t i = 0; i < l->n && e == 0; i++)
		e = list_add(part_for(&p, of, &fasts[l->v[i]]), l->v[i]);
	if (e == 0 && p.fixed.n && !(f->fixed = anchors_build(r, fasts, &p.fixed, false)))
		e = -1;
	if (e == 0 && p.last.n && !(f->last = anchors_build(r, fasts, &p.last, true)))
		e = -1;
	if (e == 0 && p.any.n && !(f->any = scan_build(r, name, fasts, p.any.v, p.any.n, d)))
		e = -1;
	if (e == 0 && of == FINDER_PAYLOAD)
		e = build_large(r, f, name, fasts, &p, d);
	f->first_of_any = first_of(f->any);
	f->first_of_large = first_of(f->large);
	f->first_of_fixed = f->fixed ? anchors_first(f->fixed) : SPAN_NONE;
	free(p.fixed.v);
	free(p.last.v);
	free(p.any.v);
	free(p.large.v);
	return e == 0 ? f : NULL;
}

static const struct scan *
scan_for(const struct finder *f, uint32_t bytes)
{
	return bytes > FINDER_SMALL ? f->large : f->any;
}

void
finder_fetch(const struct finder *f, uint32_t bytes)
{
	struct span any = bytes > FINDER_SMALL ? f->first_of_large : f->first_of_any;

	fetch(any.p, any.n);
	fetch(f->first_of_fixed.p, f->first_of_fixed.n);
	__builtin_prefetch(scan_for(f, bytes));
	__builtin_prefetch(f->fixed);
}

void
finder_run(struct detect *d, const struct finder *f, struct span bytes, struct candidates *into)
{
	const struct scan *s = scan_for(f, bytes.n);

	finder_fetch(f, bytes.n);
	if (f->fixed)
		anchors_find(f->fixed, bytes, into);
	if (s)
		scan_run(d, s, bytes, into);
}

void
finder_field(struct detect *d, const struct finder *f, struct span whole, struct span fresh, uint64_t start, struct candidates *into)
{
	if (f->fixed && start == 0 && whole.n - fresh.n <= FINDER_HEAD)
		anchors_find(f->fixed, whole, into);
	if (f->last)
		anchors_find(f->last, whole, into);
	if (f->any)
		scan_run(d, f->any, fresh, into);
}
