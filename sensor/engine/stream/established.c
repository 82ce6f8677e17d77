/*
 * established - data, acknowledgements, resets and the first FIN of a session that runs.
 *
 * Thread:    the worker's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  how it began -> handshake.c   what follows a FIN -> closing.c
 *
 * Sources: RFC 9293 section 3.10.7.4.
 */
#include "engine/stream/session.h"

/* Data that ends before what was acknowledged is not new, unless its acknowledgement was seen before itself. */
static bool
is_before_last_ack(struct push *x)
{
	struct half *me = x->me;

	if (seq_geq(x->end, me->last_ack))
		return false;
	if (x->s->flags & S_ASYNC)
		return false;
	/* acknowledged, but not all of it was seen: this may be what is missing */
	return half_offset(me, x->end) <= (int64_t) half_contiguous(me);
}

/* RFC 9293 section 3.8.6.1: one byte against a closed window. */
static bool
is_window_probe(const struct push *x)
{
	return x->p->payload.n == 1 && x->seq == x->me->next_seq && x->me->window == 0;
}

static void
async_follow(struct push *x)
{
	/* nobody acknowledges what we see: the sender going on tells that it was received */
	if ((x->s->flags & S_ASYNC) && seq_gt(x->seq, x->me->last_ack))
		x->me->last_ack = x->seq;
}

int
stream_accept(struct push *x)
{
	struct half *me = x->me, *him = x->him;
	bool probe = is_window_probe(x);
	uint32_t tolerated = x->s->flags & (S_MIDSTREAM | S_ASYNC);

	if (!probe && !tolerated && seq_gt(x->end, me->next_win) && seq_gt(x->end, me->last_ack + me->window))
		return stream_event(x, EV_STREAM_EST_PACKET_OUT_OF_WINDOW);
	timestamp_update(x);
	if (tolerated && seq_gt(x->seq, me->next_seq) && (x->s->flags & S_ASYNC))
		me->next_seq = x->seq;
	half_update_next_seq(me, x->seq, x->end);
	if (x->p->tcp.flags & TCP_ACK)
		half_acknowledged(him, x->p);
	async_follow(x);
	half_take(x);
	return 0;
}

static int
data_or_ack(struct push *x)
{
	if (!timestamp_is_valid(x))
		return -1;
	if (!ack_is_valid(x))
		return stream_event(x, EV_STREAM_EST_INVALID_ACK);
	if (is_before_last_ack(x))
		return stream_event(x, EV_STREAM_EST_PKT_BEFORE_LAST_ACK);
	if (x->to_server && x->p->payload.n == 0 && !(x->s->flags & (S_CONFIRMED | S_MIDSTREAM | S_FAST_OPEN)) &&
	    x->seq == x->me->isn + 1 && x->ack == x->him->isn + 1 && seq_gt(x->me->next_seq, x->seq)) {
		/* a bare third packet, after one that already brought data: those were somebody else's */
		stream_event(x, EV_STREAM_3WHS_ACK_DATA_INJECT);
		if (x->e->conf.inline_mode)
			return -1;
	}
	if (!x->to_server)
		x->s->flags |= S_CONFIRMED;
	return stream_accept(x);
}

static int
synack(struct push *x)
{
	if (x->to_server)
		return stream_event(x, EV_STREAM_EST_SYNACK_TOSERVER);
	if (x->ack != x->him->isn + 1)
		return stream_event(x, EV_STREAM_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK);
	if (x->seq != x->me->isn)
		return stream_event(x, EV_STREAM_EST_SYNACK_RESEND_WITH_DIFF_SEQ);
	x->p->flags |= PACKET_RETRANSMIT;
	if (x->s->flags & S_CONFIRMED)
		return stream_event(x, EV_STREAM_EST_SYNACK_RESEND);
	return 0;
}

static int
syn(struct push *x)
{
	if (!x->to_server)
		return stream_event(x, EV_STREAM_EST_SYN_TOCLIENT);
	if (x->seq != x->me->isn)
		return stream_event(x, EV_STREAM_EST_SYN_RESEND_DIFF_SEQ);
	return stream_event(x, EV_STREAM_EST_SYN_RESEND);
}

int
stream_handle_rst(struct push *x)
{
	if (!rst_is_valid(x))
		return -1;
	/* a client that was led astray by a wrong ACK is reset, but some servers go on: RFC 9293 section 3.5.2 */
	if (x->s->state == STREAM_SYN_RECV && (x->s->flags & S_EVASION) && !x->to_server)
		switch (half_policy(x, true)) {
		case STREAM_LINUX:
		case STREAM_OLD_LINUX:
		case STREAM_SOLARIS:
			return 0;
		default:
			break;
		}
	x->me->flags |= HALF_RST;
	stream_set_state(x, STREAM_CLOSED);
	counter_inc(x->e->cnt, C_STREAM_RST);
	timestamp_update(x);
	if ((x->p->tcp.flags & TCP_ACK) && ack_is_valid(x))
		half_update_ack(x->him, x->ack);
	if (x->p->payload.n) {
		half_update_next_seq(x->me, x->seq, x->end);
		half_take(x);
	}
	return 0;
}

int
stream_handle_fin(struct push *x)
{
	struct half *me = x->me;

	if (!timestamp_is_valid(x))
		return -1;
	if (!ack_is_valid(x))
		return stream_event(x, EV_STREAM_FIN_INVALID_ACK);
	if (!(x->s->flags & (S_MIDSTREAM | S_ASYNC)) &&
	    (seq_lt(x->end + 1, me->next_seq) || seq_gt(x->seq, me->last_ack + me->window)))
		return stream_event(x, EV_STREAM_FIN_OUT_OF_WINDOW);
	stream_set_state(x, x->to_server ? STREAM_CLOSE_WAIT : STREAM_FIN_WAIT1);
	me->flags |= HALF_FIN;
	me->fin_seq = x->end;
	timestamp_update(x);
	half_update_next_seq(me, x->seq, x->end);
	if (x->p->tcp.flags & TCP_ACK)
		half_acknowledged(x->him, x->p);
	async_follow(x);
	half_take(x);
	return 0;
}

int
stream_in_established(struct push *x)
{
	uint8_t f = x->p->tcp.flags;

	if (f & TCP_RST)
		return stream_handle_rst(x);
	if ((f & TCP_SYN) && (f & TCP_FIN))
		return stream_event(x, EV_STREAM_FIN_SYN);
	if (f & TCP_FIN)
		return stream_handle_fin(x);
	if (f & TCP_SYN)
		return f & TCP_ACK ? synack(x) : syn(x);
	return f & TCP_ACK ? data_or_ack(x) : 0;
}
