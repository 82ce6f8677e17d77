/*
 * track - sequence numbers, windows, timestamps and resets: is this packet of the session?
 *
 * Thread:    the worker's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  what a packet does to the state -> handshake.c, established.c, closing.c
 */
#include "engine/stream/session.h"

#define PAWS_SECONDS (24u * 24 * 3600) /* RFC 7323 section 5.5: an older timestamp says nothing */

struct push
push_of(struct streams *e, struct stream *s, struct packet *p)
{
	bool to_server = p->dir == TO_SERVER;

	return (struct push) { .e = e, .s = s, .p = p, .me = &s->half[p->dir], .him = &s->half[!p->dir],
		.seq = p->tcp.seq, .ack = p->tcp.ack, .end = p->tcp.seq + p->payload.n, .to_server = to_server };
}

int
stream_event(struct push *x, enum packet_event ev)
{
	packet_event_set(x->p, ev);
	return -1;
}

void
stream_set_state(struct push *x, enum stream_state state)
{
	x->s->state = (uint8_t) state;
}

void
half_update_next_seq(struct half *h, uint32_t seq, uint32_t end)
{
	if (seq_leq(seq, h->next_seq) && seq_gt(end, h->next_seq))
		h->next_seq = end;
}

enum stream_policy
half_policy(struct push *x, bool of_sender)
{
	/* the one who receives puts the bytes together: kept with the half of its peer's bytes */
	struct half *h = of_sender ? x->him : x->me;
	const struct addr *receiver = of_sender ? &x->p->src : &x->p->dst;

	if (!(h->flags & HALF_POLICY)) {
		h->policy = x->e->conf.policy_of ? (uint8_t) x->e->conf.policy_of(x->e->conf.policy_arg, receiver)
		                                 : STREAM_BSD;
		h->flags |= HALF_POLICY;
	}
	return (enum stream_policy) h->policy;
}

/* RFC 9293 section 3.10.7.4: an ACK of what was never sent, or older than the window. */
bool
ack_is_valid(struct push *x)
{
	const struct half *h = x->him;
	uint32_t ack = x->ack;

	if (!(x->p->tcp.flags & TCP_ACK) || ack == h->last_ack)
		return true;
	if (seq_gt(ack, h->last_ack) && seq_leq(ack, h->next_win))
		return true;
	if (seq_lt(ack, h->last_ack)) {
		if (h->window == 0 || seq_geq(ack, h->last_ack - h->window))
			return true;
	} else if (x->s->flags & S_ASYNC)
		return true;
	else if (x->s->state == STREAM_SYN_SENT)
		return !x->to_server && (x->p->tcp.flags & TCP_RST) && ack == h->isn + 1;
	else if (seq_leq(ack, h->next_win))
		return true;
	packet_event_set(x->p, EV_STREAM_PKT_INVALID_ACK);
	return false;
}

/* The handshake used 0 as timestamp: what that means is the receiver's system's choice. false: do not check. */
static bool
zero_timestamp(struct push *x, enum stream_policy policy)
{
	switch (policy) {
	case STREAM_LINUX:
	case STREAM_WINDOWS2K3:
		x->s->flags &= (uint16_t) ~S_TIMESTAMP;
		return false;
	case STREAM_OLD_LINUX:
	case STREAM_WINDOWS:
	case STREAM_VISTA:
		x->me->flags &= (uint16_t) ~HALF_ZERO_TIMESTAMP;
		if (x->me->next_seq == x->seq) {
			x->me->last_ts = x->p->tcp.tsval;
			return false;
		}
		return true;
	default:
		return true;
	}
}

/* PAWS, RFC 7323 section 5: a timestamp that runs back marks an old duplicate. */
bool
timestamp_is_valid(struct push *x)
{
	struct half *h = x->me;
	enum stream_policy policy;
	int32_t step;
	bool stale;

	if (!(x->s->flags & S_TIMESTAMP) || !x->p->tcp.has_ts)
		return true;
	policy = half_policy(x, false);
	if (policy == STREAM_HPUX11 && x->seq != h->next_seq)
		return true;
	if ((h->flags & HALF_ZERO_TIMESTAMP) && !zero_timestamp(x, policy))
		return true;
	if (h->last_ts_second == 0)
		return true;
	step = (int32_t) (x->p->tcp.tsval - h->last_ts);
	stale = packet_second(x->p) > h->last_ts_second && packet_second(x->p) - h->last_ts_second > PAWS_SECONDS;
	if (step >= (policy == STREAM_LINUX ? -1 : 0) || (stale && x->seq == h->next_seq))
		return true;
	packet_event_set(x->p, EV_STREAM_PKT_INVALID_TIMESTAMP);
	return false;
}

void
timestamp_update(struct push *x)
{
	struct half *h = x->me;

	if (!(x->s->flags & S_TIMESTAMP) || !x->p->tcp.has_ts)
		return;
	if (h->last_ts_second == 0 || seq_geq(x->p->tcp.tsval, h->last_ts) || x->seq == h->next_seq)
		half_update_timestamp(h, x->p);
}

/* RFC 9293 section 3.5.3 and RFC 5961 section 3, by the receiver's system. */
bool
rst_is_valid(struct push *x)
{
	const struct half *h = x->me;

	if (!timestamp_is_valid(x))
		return false;
	if (x->p->payload.n)
		packet_event_set(x->p, EV_STREAM_RST_WITH_DATA);
	if (x->s->flags & S_ASYNC)
		return seq_geq(x->seq, h->next_seq);
	if ((x->p->tcp.flags & TCP_ACK) && !ack_is_valid(x)) {
		packet_event_set(x->p, EV_STREAM_RST_INVALID_ACK);
		return false;
	}
	switch (half_policy(x, false)) {
	case STREAM_HPUX11:
		return seq_geq(x->seq, h->next_seq);
	case STREAM_OLD_LINUX:
	case STREAM_LINUX:
	case STREAM_SOLARIS:
		return seq_geq(x->end, h->last_ack) && seq_lt(x->seq, h->next_seq + h->window);
	default:
		/* a FIN that was sent counts, and so does the ACK of it */
		return x->seq == h->next_seq || x->seq == h->last_ack ||
		    ((h->flags & HALF_FIN) && x->seq == h->fin_seq + 1);
	}
}

bool
is_retransmission(struct push *x)
{
	if (x->p->payload.n == 0 || !seq_leq(x->end, x->me->last_ack))
		return false;
	packet_event_set(x->p, EV_STREAM_PKT_RETRANSMISSION);
	x->p->flags |= PACKET_RETRANSMIT;
	return true;
}
