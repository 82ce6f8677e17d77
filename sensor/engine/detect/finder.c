/*
 * finder - which rules may match in a payload: patterns that can be at one place only are looked up there, the others searched for.
 *
 * Rules on small payloads (dsize) are left out of the search of large ones. Else one search for all the others: apart by ports or
 * protocol they were measured to cost more, since each database takes its own part of the cache.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

struct finder *
finder_build(struct ruleset *r, const char *name, const struct fast *fasts, const struct list *l, struct diag *d)
{
	struct list fixed = { 0 }, any = { 0 }, large = { 0 };
	struct finder *f = arena_zalloc(&r->arena, sizeof(*f));
	int e = f ? 0 : -1;
	uint32_t at;

	for (uint32_t i = 0; i < l->n && e == 0; i++)
		e = list_add(fast_fixed(&fasts[l->v[i]], &at) ? &fixed : &any, l->v[i]);
	if (e == 0 && fixed.n && !(f->fixed = anchors_build(r, fasts, &fixed)))
		e = -1;
	if (e == 0 && any.n && !(f->any = scan_build(r, name, fasts, any.v, any.n, d)))
		e = -1;
	for (uint32_t i = 0; i < any.n && e == 0; i++)
		if (fasts[any.v[i]].payload_most > FINDER_SMALL)
			e = list_add(&large, any.v[i]);
	if (e == 0)
		f->large = large.n == any.n ? f->any : NULL;
	if (e == 0 && large.n && large.n < any.n) {
		char longer[128];
		snprintf(longer, sizeof(longer), "%.100s, large", name);
		e = (f->large = scan_build(r, longer, fasts, large.v, large.n, d)) ? 0 : -1;
	}
	free(fixed.v);
	free(any.v);
	free(large.v);
	return e == 0 ? f : NULL;
}

void
finder_run(struct detect *d, const struct finder *f, struct span bytes, struct candidates *into)
{
	if (f->fixed)
		anchors_find(f->fixed, bytes, into);
	const struct scan *s = bytes.n > FINDER_SMALL ? f->large : f->any;
	if (s)
		scan_run(d, s, bytes, into);
}
