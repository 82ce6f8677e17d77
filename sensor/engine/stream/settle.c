/*
 * settle - sessions that are over and wait for their flow to be forgotten, in a third of the memory.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool, counted like sessions that run.
 * Owns:      nothing.
 * Not here:  when a session is over -> closing.c
 */
#include "engine/stream/session.h"

_Static_assert(offsetof(struct settled, flags) == offsetof(struct stream, flags), "the beginning is the same");
_Static_assert(sizeof(struct settled) <= 128, "a size class of the pool");

static bool
half_settles(const struct half *h)
{
	uint64_t all = h->base | h->app | h->raw | h->raw_end | h->lost;

	return !h->n && !h->window_p && !h->edge_cap && !h->blocks && !h->kept && all <= UINT32_MAX;
}

static void
half_put(struct settled_half *to, const struct half *h)
{
	*to = (struct settled_half) { .isn = h->isn, .next_seq = h->next_seq, .last_ack = h->last_ack, .next_win = h->next_win,
		.window = h->window, .last_ts = h->last_ts, .last_ts_second = h->last_ts_second, .fin_seq = h->fin_seq,
		.wscale = h->wscale, .policy = h->policy, .flags = h->flags, .urgent_n = h->urgent_n, .regions = h->regions,
		.base = (uint32_t) h->base, .app = (uint32_t) h->app, .raw = (uint32_t) h->raw, .raw_end = (uint32_t) h->raw_end,
		.lost = (uint32_t) h->lost };
}

static void
half_get(struct half *to, const struct settled_half *h)
{
	*to = (struct half) { .isn = h->isn, .next_seq = h->next_seq, .last_ack = h->last_ack, .next_win = h->next_win,
		.window = h->window, .last_ts = h->last_ts, .last_ts_second = h->last_ts_second, .fin_seq = h->fin_seq,
		.wscale = h->wscale, .policy = h->policy, .flags = h->flags & (uint16_t) ~HALF_PASS, .urgent_n = h->urgent_n, .regions = h->regions,
		.base = h->base, .app = h->app, .raw = h->raw, .raw_end = h->raw_end, .lost = h->lost };
}

void
stream_settle(struct streams *e, struct stream **sp)
{
	struct stream *s = *sp;
	struct settled *k;

	if (!s || s->state != STREAM_CLOSED || s->flags & S_SETTLED || s->own_depth || s->queue)
		return;
	if (!half_settles(&s->half[0]) || !half_settles(&s->half[1]) || !(k = pool_take(e->pool, sizeof *k)))
		return;
	*k = (struct settled) { .state = s->state, .last_dir = s->last_dir, .first_dir = s->first_dir, .flags = s->flags | S_SETTLED };
	half_put(&k->half[0], &s->half[0]);
	half_put(&k->half[1], &s->half[1]);
	e->sessions += pool_size(sizeof *k);
	stream_clear(e, sp);
	*sp = (struct stream *) k;
}

void
stream_wake(struct streams *e, struct stream **sp)
{
	const struct settled *k = (const struct settled *) *sp;
	struct stream *s;

	if (!k || !(k->flags & S_SETTLED))
		return;
	if ((s = pool_take(e->pool, sizeof *s)) != NULL) {
		*s = (struct stream) { .state = k->state, .last_dir = k->last_dir, .first_dir = k->first_dir,
			.flags = k->flags & (uint16_t) ~S_SETTLED, .depth = stream_depth(e->conf.depth) };
		half_get(&s->half[0], &k->half[0]);
		half_get(&s->half[1], &k->half[1]);
		e->sessions += pool_size(sizeof *s);
	} else
		counter_inc(e->cnt, C_STREAM_SESSION_MEMCAP);
	stream_clear(e, sp);
	*sp = s;
}
