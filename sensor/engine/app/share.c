/*
 * share - what is left of flows that nobody reads any more: one struct for all of which the same is known.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool; at most APP_SHARED_MAX structs. Where there is no place a flow keeps its own.
 * Owns:      the shared structs, until the last flow that has one ends.
 * Not here:  how it comes to that -> app.c
 */
#include "base/hash.h"
#include "engine/app/inner.h"

#define WAYS 4
_Static_assert(APP_SHARED_MAX % WAYS == 0, "sets of WAYS");

struct app_shared {
	struct app app;
	uint32_t place, flows;
};

/* Nothing that still comes would be looked at; datagrams of the other side may be, and then it is no longer shared. */
static bool
is_settled(const struct app *a)
{
	if (a->first || a->upgrading || a->reversed || a->flush || a->frames[0].n || a->frames[1].n)
		return false;
	if (a->status == APP_FAILED)
		return true;
	if (a->transport == APP_UDP)
		return a->status == APP_PROBING && a->gave_up[a->first_dir] && !a->past && !a->events && !a->keep_files;
	return a->eof[0] && a->eof[1];
}

/* What records and rules may still ask. */
static void
essence(const struct app *a, struct app *k)
{
	wipe(k, sizeof(*k));
	k->engine = a->engine;
	k->asked = a->asked;
	k->proto = a->proto;
	k->before = a->before;
	k->upgrade = a->upgrade;
	k->tx_next = a->tx_next;
	k->events = k->events_told = a->events; /* told by now, or nobody wants them */
	k->status = a->status;
	k->transport = a->transport;
	k->index = a->index;
	k->first_dir = a->first_dir;
	k->midstream = a->midstream;
	k->no_payload = a->no_payload;
	k->bypass = a->bypass;
	k->any = k->shared = true;
	for (int dir = 0; dir < 2; dir++) {
		k->seen[dir] = a->seen[dir];
		k->gave_up[dir] = a->gave_up[dir];
		k->stopped[dir] = a->stopped[dir];
		k->eof[dir] = a->eof[dir];
	}
}

/* The one that is the same, else a new one; NULL: no place, or no memory. */
static struct app_shared *
share(struct apps *e, const struct app *k)
{
	const uint64_t mostly[] = { k->tx_next, k->events, k->index | (uint64_t) k->status << 8 | (uint64_t) k->first_dir << 16 };
	struct app_shared **set = &e->shared[hash_bytes(mostly, sizeof(mostly), 0) % (APP_SHARED_MAX / WAYS) * WAYS], **empty = NULL;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i] && memcmp(&set[i]->app, k, sizeof(*k)) == 0)
			return set[i];
		if (!set[i])
			empty = &set[i];
	}
	if (!empty || !(*empty = pool_take(e->pool, sizeof(**empty))))
		return NULL;
	memcpy(&(*empty)->app, k, sizeof(*k));
	(*empty)->place = (uint32_t) (empty - e->shared);
	(*empty)->flows = 0;
	return *empty;
}

void
app_settle(struct apps *e, struct app **at)
{
	struct app *a = *at, k;
	struct app_shared *s;

	if (!a || a->shared || !is_settled(a))
		return;
	app_clear_state(a);
	essence(a, &k);
	if (!(s = share(e, &k)))
		return;
	s->flows++;
	app_clear(e, at);
	*at = &s->app;
}

bool
app_share_drop(struct app *a)
{
	struct app_shared *s = (struct app_shared *) a;
	struct apps *e = a->engine;

	if (!a->shared)
		return false;
	if (--s->flows == 0) {
		e->shared[s->place] = NULL;
		pool_give(e->pool, s, sizeof(*s));
	}
	return true;
}
