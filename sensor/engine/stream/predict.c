/*
 * predict - nearly every segment: the next of its sender, of a session in which nothing is out of the ordinary. What the long way does
 * with such a one, in one piece ("header prediction", Jacobson 1990).
 *
 * Thread:    the worker's.
 * Memory:    see window.c.
 * Owns:      nothing.
 * Not here:  all other segments -> stream.c, established.c
 */
#include "engine/stream/session.h"

#define FLAGS_THAT_COUNT (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG)
#define UNUSUAL (HALF_KEEPALIVE | HALF_RST | HALF_FIN | HALF_ZERO_TIMESTAMP)

static inline bool
session_is_ordinary(const struct stream *s)
{
	const struct half *a = &s->half[0], *b = &s->half[1];

	return s->state == STREAM_ESTABLISHED && (s->flags & (S_CONFIRMED | S_ASYNC)) == S_CONFIRMED && !((a->flags | b->flags) & UNUSUAL) &&
	    !a->blocks && !b->blocks;
}

/* Data that comes next, within the window, and an acknowledgement that does not run back. */
static inline bool
is_next(const struct half *me, const struct half *him, const struct packet *p)
{
	uint32_t seq = p->tcp.seq, ack = p->tcp.ack, end = seq + p->payload.n;

	return (p->tcp.flags & FLAGS_THAT_COUNT) == TCP_ACK && seq == me->next_seq && seq_leq(end, me->next_win) && seq_geq(end, me->last_ack) &&
	    seq_geq(ack, him->last_ack) && seq_leq(ack, him->next_win);
}

/* Its bytes follow those in the window, all of them within the depth: no hole shows. */
static inline bool
follows(const struct stream *s, const struct half *me, const struct packet *p)
{
	uint64_t at = half_contiguous(me);

	return p->payload.n == 0 || (half_offset(me, p->tcp.seq) == (int64_t) at && at + p->payload.n <= s->depth);
}

/* PAWS, as timestamp_is_valid() and timestamp_update(). */
static inline bool
timestamp_is_newer(struct half *me, const struct packet *p)
{
	if (me->last_ts_second != 0 && seq_lt(p->tcp.tsval, me->last_ts))
		return false;
	half_update_timestamp(me, p);
	return true;
}

/* Is there something in the window that may be given out? */
static inline bool
is_ready(const struct half *h)
{
	return h->app < half_contiguous(h) && (int64_t) h->app < half_offset(h, h->last_ack);
}

bool
stream_predicted(struct streams *e, struct stream *s, struct packet *p, bool *ready)
{
	struct half *me = &s->half[p->dir], *him = &s->half[!p->dir];

	if (!session_is_ordinary(s) || !is_next(me, him, p) || !follows(s, me, p))
		return false;
	if (s->flags & S_TIMESTAMP && p->tcp.has_ts && !timestamp_is_newer(me, p))
		return false;
	s->last_dir = p->dir;
	me->next_seq += p->payload.n;
	half_acknowledged(him, p);
	p->flags |= PACKET_STREAM_EST;
	if (p->payload.n)
		half_take_next(e, me, p);
	*ready = e->conf.inline_mode || is_ready(him); /* what came now was not acknowledged yet */
	return true;
}
