/*
 * live_set - see live_set.h. Buckets with lists of values.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/detect/live_set.h"

#define PER_VALUE 64 /* bytes a value counts besides itself */

struct value {
	struct value *next;
	uint32_t n;
	uint8_t state;
	uint8_t bytes[];
};
struct live_set {
	char *name;
	enum dataset_type type;
	uint64_t used, memcap;
	uint32_t buckets;
	struct value *bucket[];
};

struct live_set *
live_set_new(const struct dataset *s)
{
	uint32_t n = 64;

	while (n < s->buckets)
		n *= 2;
	struct live_set *l = calloc(1, sizeof(*l) + n * sizeof(*l->bucket));
	if (!l)
		return NULL;
	l->type = s->type;
	l->memcap = s->memcap;
	l->buckets = n;
	if (!(l->name = strdup(s->name))) {
		free(l);
		return NULL;
	}
	return l;
}

void
live_set_free(struct live_set *l, struct pool *pool)
{
	if (!l)
		return;
	for (uint32_t i = 0; i < l->buckets; i++)
		for (struct value *v = l->bucket[i], *next; v; v = next) {
			next = v->next;
			pool_give(pool, v, sizeof(*v) + v->n);
		}
	free(l->name);
	free(l);
}

bool
live_set_is(const struct live_set *l, const struct dataset *s)
{
	return l->type == s->type && strcmp(l->name, s->name) == 0;
}

static struct value **
place(struct live_set *l, struct span v)
{
	struct value **at = &l->bucket[hash_bytes(v.p, v.n, l->buckets) & (l->buckets - 1)];

	while (*at && ((*at)->n != v.n || memcmp((*at)->bytes, v.p, v.n) != 0))
		at = &(*at)->next;
	return at;
}

enum live_state
live_set_get(const struct live_set *l, struct span v)
{
	const struct value *found = *place((struct live_set *) l, v);

	return found ? found->state : LIVE_UNKNOWN;
}

bool
live_set_put(struct live_set *l, struct pool *pool, struct span v, enum live_state state)
{
	struct value **at = place(l, v), *new = *at;

	if (!new) {
		if (l->used + v.n + PER_VALUE > l->memcap || !(new = pool_take(pool, sizeof(*new) + v.n)))
			return false;
		*new = (struct value) { .n = v.n };
		memcpy(new->bytes, v.p, v.n);
		l->used += v.n + PER_VALUE;
		*at = new;
	}
	new->state = (uint8_t) state;
	return true;
}

bool
live_set_each(const struct live_set *l, uint64_t *at, struct span *v, enum live_state *state)
{
	uint32_t bucket = (uint32_t) (*at >> 32), skip = (uint32_t) *at;

	for (; bucket < l->buckets; bucket++, skip = 0) {
		const struct value *k = l->bucket[bucket];
		for (uint32_t i = 0; k && i < skip; i++)
			k = k->next;
		if (!k)
			continue;
		*v = span_of(k->bytes, k->n);
		*state = k->state;
		*at = (uint64_t) bucket << 32 | (skip + 1);
		return true;
	}
	return false;
}

/* ---- of a worker ---- */

int
live_sets_take(struct detect *d, const struct ruleset *r)
{
	struct live_set **now = calloc(r->n_live + 1, sizeof(struct live_set *));
	uint32_t i;

	if (!now)
		return E_NOMEM;
	for (i = 0; i < r->n_live; i++) {
		uint32_t k = 0;
		while (k < d->n_live && !live_set_is(d->live[k], r->live[i]))
			k++;
		if (k == d->n_live && !(now[i] = live_set_new(r->live[i])))
			break;
	}
	if (i < r->n_live) { /* what there was stays in force */
		while (i--)
			live_set_free(now[i], d->pool);
		free(now);
		return E_NOMEM;
	}
	for (i = 0; i < r->n_live; i++)
		for (uint32_t k = 0; !now[i] && k < d->n_live; k++)
			if (d->live[k] && live_set_is(d->live[k], r->live[i])) {
				now[i] = d->live[k];
				d->live[k] = NULL;
			}
	live_sets_free(d);
	d->live = now;
	d->n_live = r->n_live;
	return 0;
}

void
live_sets_free(struct detect *d)
{
	for (uint32_t i = 0; i < d->n_live; i++)
		live_set_free(d->live[i], d->pool);
	free(d->live);
	d->live = NULL;
	d->n_live = 0;
}

bool
live_sets_has(struct detect *d, const struct dataset *s, struct span v)
{
	enum live_state state = live_set_get(d->live[s->index], v);

	return state == LIVE_UNKNOWN ? dataset_find(s, v) != NULL : state == LIVE_IN;
}

bool
live_sets_put(struct detect *d, const struct dataset *s, struct span v, enum live_state state)
{
	if (live_set_put(d->live[s->index], d->pool, v, state))
		return true;
	counter_inc(d->cnt, C_DETECT_DATASET_FULL);
	return false;
}
