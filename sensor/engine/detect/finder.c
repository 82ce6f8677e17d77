/*
 * finder - which rules may match in a payload: patterns that can be at one place only are looked up there, the others searched for.
 *
 * One search for all the others: apart by ports or protocol they were measured to cost more, since each database takes its own
 * part of the cache.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

struct finder *
finder_build(struct ruleset *r, const char *name, const struct fast *fasts, const struct list *l, struct diag *d)
{
	struct list fixed = { 0 }, any = { 0 };
	struct finder *f = arena_zalloc(&r->arena, sizeof(*f));
	int e = f ? 0 : -1;
	uint32_t at;

	for (uint32_t i = 0; i < l->n && e == 0; i++)
		e = list_add(fast_fixed(&fasts[l->v[i]], &at) ? &fixed : &any, l->v[i]);
	if (e == 0 && fixed.n && !(f->fixed = anchors_build(r, fasts, &fixed)))
		e = -1;
	if (e == 0 && any.n && !(f->any = scan_build(r, name, fasts, any.v, any.n, d)))
		e = -1;
	free(fixed.v);
	free(any.v);
	return e == 0 ? f : NULL;
}

void
finder_run(struct detect *d, const struct finder *f, struct span bytes, struct candidates *into)
{
	if (f->fixed)
		anchors_find(f->fixed, bytes, into);
	if (f->any)
		scan_run(d, f->any, bytes, into);
}
