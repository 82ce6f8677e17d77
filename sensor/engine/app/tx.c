/*
 * tx - the transactions of a flow, and the memory parsers use.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool, within memcap.
 * Owns:      transactions, until app_prune() or the end of the flow.
 * Not here:  bytes -> app.c   bodies -> body.c
 */
#include "engine/app/inner.h"

#define TX_OPEN_MAX 4096 /* of a flow: every packet walks the list, so no peer may make it long */

void *
app_take_raw(struct app *a, size_t n)
{
	struct apps *e = a->engine;
	void *p = NULL;

	if (!e->memcap || e->used + n <= e->memcap)
		p = pool_take(e->pool, n);
	if (p)
		e->used += n;
	else
		counter_inc(e->cnt, C_APP_NOMEM);
	return p;
}

void *
app_take(struct app *a, size_t n)
{
	void *p = app_take_raw(a, n);

	return p ? memset(p, 0, n) : NULL;
}

void
app_give(struct app *a, void *p, size_t n)
{
	if (!p)
		return;
	a->engine->used -= n;
	pool_give(a->engine->pool, p, n);
}

int
app_keep(struct app *a, struct bytes *b, struct span s, uint32_t max)
{
	struct apps *e = a->engine;
	uint32_t had = b->cap;
	int r;

	if (e->memcap && e->used + s.n > e->memcap) {
		counter_inc(e->cnt, C_APP_NOMEM);
		return -1;
	}
	r = bytes_add(b, e->pool, s, max);
	e->used += b->cap - had;
	if (r < 0 && b->n + (uint64_t) s.n <= max)
		counter_inc(e->cnt, C_APP_NOMEM);
	return r;
}

void
app_drop(struct app *a, struct bytes *b)
{
	a->engine->used -= b->cap;
	bytes_clear(b, a->engine->pool);
}

bool
app_speaks(const struct app *a, const struct protocol *p)
{
	return p && a->engine->of[protocol_index(p)].on[app_transport_i(a)];
}

void
app_becomes(struct app *a, const struct protocol *p, struct tx *tx)
{
	if (!app_speaks(a, p) || (a->proto != p && a->proto != p->base))
		return;
	if (!tx->detect[0] && !tx->detect[1])
		tx->proto = p;
	if (a->proto == p)
		return;
	a->before = a->proto;
	a->proto = p;
	a->index = (uint8_t) protocol_index(p);
	for (int dir = 0; dir < 2; dir++)
		if (a->seen[dir])
			a->seen[dir] = p;
}

const void *
app_state_before(const struct app *a, const char *name)
{
	for (const struct app_past *past = a->past; past; past = past->next)
		if (strcmp(past->proto->name, name) == 0)
			return past->state;
	return NULL;
}

const void *
app_conf(const struct app *a)
{
	return a->proto ? a->engine->of[a->index].conf : NULL;
}

struct tx *
app_tx_new(struct app *a)
{
	struct tx *tx;

	if (a->tx_open >= TX_OPEN_MAX) {
		counter_inc(a->engine->cnt, C_APP_TX_REFUSED);
		return NULL;
	}
	if (!(tx = app_take(a, a->proto->tx_size)))
		return NULL;
	tx->proto = a->proto;
	tx->id = a->tx_next++;
	tx->first_num = a->num;
	tx->first_ts = tx->last_ts = a->now;
	tx->prev = a->last;
	if (a->last)
		a->last->next = tx;
	else
		a->first = tx;
	a->last = tx;
	a->tx_open++;
	counter_inc(a->engine->cnt, C_APP_TX);
	return tx;
}

struct tx *
app_tx_find(struct app *a, uint64_t id)
{
	struct tx *tx = a->last;

	while (tx && tx->id > id)
		tx = tx->prev;
	return tx && tx->id == id ? tx : NULL;
}

void
app_tx_free(struct app *a, struct tx *tx)
{
	if (a->engine->tx_end)
		a->engine->tx_end(a->engine->tx_end_arg, tx);
	if (tx->proto->tx_clear)
		tx->proto->tx_clear(a, tx);
	if (tx->prev)
		tx->prev->next = tx->next;
	else
		a->first = tx->next;
	if (tx->next)
		tx->next->prev = tx->prev;
	else
		a->last = tx->prev;
	a->tx_open--;
	app_give(a, tx, tx->proto->tx_size);
}

void
app_event(struct app *a, struct tx *tx, unsigned event)
{
	if (!tx)
		tx = a->last && a->last->proto == a->proto ? a->last : app_tx_new(a);
	if (tx && event < 64)
		tx->events |= UINT64_C(1) << event;
}

/* Nothing of this direction is left to look at. Of a message that has just the other one that is so at once; where few are
 * open it stays all the same until a packet comes that way, for events about what cannot be a message. */
static bool
looked_at(const struct app *a, const struct tx *tx, int dir)
{
	return tx->done_seen[dir] || (a->tx_open > APP_TX_MANY && tx->only_dir && !(tx->only_dir >> dir & 1));
}

static bool
complete(const struct app *a, const struct tx *tx)
{
	return tx_final(a, tx, TO_SERVER) && tx_final(a, tx, TO_CLIENT);
}

static bool
finished(const struct app *a, const struct tx *tx)
{
	return tx->logged && looked_at(a, tx, TO_SERVER) && looked_at(a, tx, TO_CLIENT) && complete(a, tx);
}

static void
free_where(struct app *a, bool (*over)(const struct app *a, const struct tx *tx))
{
	struct tx *next;

	for (struct tx *tx = a ? a->first : NULL; tx; tx = next) {
		next = tx->next;
		if (over(a, tx))
			app_tx_free(a, tx);
	}
}

bool
app_crowded(const struct app *a, int dir)
{
	uint32_t n = 0;

	if (!a || a->tx_open <= APP_TX_MANY)
		return false;
	for (const struct tx *tx = a->first; tx; tx = tx->next)
		n += !looked_at(a, tx, dir) && tx_final(a, tx, dir);
	return n > APP_TX_MANY;
}

void
app_prune(struct apps *e, struct app *a)
{
	free_where(a, finished);
}

void
app_let_go(struct app *a)
{
	free_where(a, complete);
}
