/*
 * closing - from the first FIN to the end, where data may still come from the other side.
 *
 * Thread:    the worker's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the first FIN, resets -> established.c
 *
 * Seen from the side of the session that we watch, not from one end: the client's FIN leads to CLOSE_WAIT and LAST_ACK,
 * the server's to FIN_WAIT1, FIN_WAIT2 (or CLOSING) and TIME_WAIT. RFC 9293 section 3.6.
 */
#include "engine/stream/session.h"

/* Events of a state, for what the packets in it may do wrong. */
struct rules {
	enum packet_event wrong_seq, wrong_fin, invalid_ack;
};

static const struct rules *
rules_of(enum stream_state state)
{
	static const struct rules fin1 = { EV_STREAM_FIN1_ACK_WRONG_SEQ, EV_STREAM_FIN1_FIN_WRONG_SEQ,
		EV_STREAM_FIN1_INVALID_ACK };
	static const struct rules fin2 = { EV_STREAM_FIN2_ACK_WRONG_SEQ, EV_STREAM_FIN2_FIN_WRONG_SEQ,
		EV_STREAM_FIN2_INVALID_ACK };
	static const struct rules closing = { EV_STREAM_CLOSING_ACK_WRONG_SEQ, EV_STREAM_CLOSING_ACK_WRONG_SEQ,
		EV_STREAM_CLOSING_INVALID_ACK };
	static const struct rules closewait = { EV_STREAM_CLOSEWAIT_ACK_OUT_OF_WINDOW,
		EV_STREAM_CLOSEWAIT_FIN_OUT_OF_WINDOW, EV_STREAM_CLOSEWAIT_INVALID_ACK };
	static const struct rules lastack = { EV_STREAM_LASTACK_ACK_WRONG_SEQ, EV_STREAM_LASTACK_ACK_WRONG_SEQ,
		EV_STREAM_LASTACK_INVALID_ACK };
	static const struct rules timewait = { EV_STREAM_TIMEWAIT_ACK_WRONG_SEQ, EV_STREAM_TIMEWAIT_ACK_WRONG_SEQ,
		EV_STREAM_TIMEWAIT_INVALID_ACK };

	switch (state) {
	case STREAM_FIN_WAIT1:
		return &fin1;
	case STREAM_FIN_WAIT2:
		return &fin2;
	case STREAM_CLOSING:
		return &closing;
	case STREAM_CLOSE_WAIT:
		return &closewait;
	case STREAM_LAST_ACK:
		return &lastack;
	default:
		return &timewait;
	}
}

static bool
tolerant(const struct push *x)
{
	return x->s->flags & (S_MIDSTREAM | S_ASYNC);
}

/* All of a side's bytes and its FIN were acknowledged. */
static bool
fin_acked(const struct half *h)
{
	return (h->flags & HALF_FIN) && seq_gt(h->last_ack, h->fin_seq);
}

static void
take(struct push *x)
{
	timestamp_update(x);
	half_update_next_seq(x->me, x->seq, x->end);
	if (x->p->tcp.flags & TCP_ACK)
		half_acknowledged(x->him, x->p);
	half_take(x);
}

static bool
in_window(const struct push *x)
{
	const struct half *me = x->me;

	if (tolerant(x))
		return true;
	return seq_leq(x->seq, me->last_ack + (me->window ? me->window : 1)) || seq_leq(x->end, me->next_win + 1);
}

/* The state after `me` has sent a FIN, or an ACK of the other's FIN. */
static void
advance(struct push *x)
{
	const struct half *client = &x->s->half[TO_SERVER], *server = &x->s->half[TO_CLIENT];
	bool both = (client->flags & HALF_FIN) && (server->flags & HALF_FIN);

	switch ((enum stream_state) x->s->state) {
	case STREAM_FIN_WAIT1: /* the server's FIN came first */
		if (both)
			stream_set_state(x, fin_acked(server) ? STREAM_TIME_WAIT : STREAM_CLOSING);
		else if (fin_acked(server))
			stream_set_state(x, STREAM_FIN_WAIT2);
		break;
	case STREAM_FIN_WAIT2:
		if (both)
			stream_set_state(x, STREAM_TIME_WAIT);
		break;
	case STREAM_CLOSING:
		if (fin_acked(server))
			stream_set_state(x, STREAM_TIME_WAIT);
		break;
	case STREAM_CLOSE_WAIT: /* the client's came first */
		if (both)
			stream_set_state(x, STREAM_LAST_ACK);
		break;
	default:
		break;
	}
	if (x->s->state >= STREAM_TIME_WAIT && both && fin_acked(client) && fin_acked(server))
		stream_set_state(x, STREAM_CLOSED);
}

static int
fin(struct push *x, const struct rules *r)
{
	struct half *me = x->me;

	if (!timestamp_is_valid(x))
		return -1;
	if ((me->flags & HALF_FIN) && x->end == me->fin_seq) { /* once more */
		x->p->flags |= PACKET_RETRANSMIT;
		if (ack_is_valid(x))
			half_update_ack(x->him, x->ack);
		advance(x);
		return 0;
	}
	if ((me->flags & HALF_FIN) || (!tolerant(x) && (seq_lt(x->end + 1, me->next_seq) || !in_window(x))))
		return stream_event(x, r->wrong_fin);
	if (!ack_is_valid(x))
		return stream_event(x, r->invalid_ack);
	me->flags |= HALF_FIN;
	me->fin_seq = x->end;
	take(x);
	advance(x);
	return 0;
}

static int
ack(struct push *x, const struct rules *r)
{
	const struct half *me = x->me;

	if (!timestamp_is_valid(x))
		return -1;
	if (is_retransmission(x) && x->s->state != STREAM_CLOSE_WAIT) {
		if (ack_is_valid(x))
			half_update_ack(x->him, x->ack);
		return 0;
	}
	if (!ack_is_valid(x))
		return stream_event(x, r->invalid_ack);
	if (x->s->state == STREAM_CLOSE_WAIT && x->p->payload.n && seq_leq(x->end, me->last_ack))
		return stream_event(x, EV_STREAM_CLOSEWAIT_PKT_BEFORE_LAST_ACK);
	if (!in_window(x))
		return stream_event(x, r->wrong_seq);
	/* nothing but the FIN's own number may follow a FIN */
	if ((me->flags & HALF_FIN) && seq_gt(x->end, me->fin_seq + 1) && !tolerant(x))
		return stream_event(x, r->wrong_seq);
	take(x);
	advance(x);
	return 0;
}

static int
closed(struct push *x)
{
	/* what was in flight when the session ended */
	if ((x->p->tcp.flags & TCP_ACK) && !(x->p->tcp.flags & (TCP_SYN | TCP_RST)) && ack_is_valid(x))
		half_update_ack(x->him, x->ack);
	return 0;
}

int
stream_in_closing(struct push *x)
{
	const struct rules *r = rules_of((enum stream_state) x->s->state);
	uint8_t f = x->p->tcp.flags;

	if (x->s->state == STREAM_CLOSED)
		return closed(x);
	if (f & TCP_RST)
		return stream_handle_rst(x);
	if ((f & TCP_SYN) && (f & TCP_FIN))
		return stream_event(x, EV_STREAM_FIN_SYN);
	if (f & TCP_SYN)
		return stream_event(x, EV_STREAM_SHUTDOWN_SYN_RESEND);
	if (f & TCP_FIN)
		return fin(x, r);
	return f & TCP_ACK ? ack(x, r) : 0;
}
