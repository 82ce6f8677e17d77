/*
 * handshake - how a session begins: three-way, simultaneous open, Fast Open, one-sided, or picked up midstream.
 *
 * Thread:    the worker's.
 * Memory:    struct stream and queued SYN/ACKs from the pool, within stream.memcap.
 * Owns:      nothing.
 * Not here:  sessions that run -> established.c
 *
 * Sources: RFC 9293 section 3.5, RFC 7413 (Fast Open), RFC 7323 section 2 (window scale).
 */
#include "engine/stream/session.h"

#define WSCALE_MAX 14

static struct stream *
session_new(struct streams *e, struct packet *p, enum stream_state state)
{
	struct stream *s = NULL;
	size_t size = pool_size(sizeof *s);

	if (e->conf.memcap == 0 || e->sessions + size <= e->conf.memcap)
		s = pool_ztake(e->pool, sizeof *s);
	if (s == NULL) {
		counter_inc(e->cnt, C_STREAM_SESSION_MEMCAP);
		return NULL;
	}
	e->sessions += size;
	counter_inc(e->cnt, C_STREAM_SESSIONS);
	s->state = (uint8_t) state;
	s->first_dir = p->dir;
	s->depth = stream_depth(e->conf.depth);
	if (!e->conf.raw)
		s->half[0].flags = s->half[1].flags = HALF_RAW_OFF;
	return s;
}

static uint32_t
second_of(const struct packet *p)
{
	return (uint32_t) (p->ts / INT64_C(1000000000));
}

static void
timestamp_first(struct half *h, const struct packet *p)
{
	if (!p->tcp.has_ts)
		return;
	h->flags |= HALF_TIMESTAMP;
	if (p->tcp.tsval == 0)
		h->flags |= HALF_ZERO_TIMESTAMP;
	h->last_ts = p->tcp.tsval;
	h->last_ts_second = second_of(p);
}

/* The window scale the sender of a SYN offers: it counts for what the other side may send. */
static void
wscale_offer(struct half *him, const struct packet *p)
{
	him->wscale = p->tcp.wscale == 0xff ? 0 : p->tcp.wscale > WSCALE_MAX ? WSCALE_MAX : p->tcp.wscale;
}

static void
agree(struct stream *s)
{
	if ((s->half[0].flags & HALF_TIMESTAMP) && (s->half[1].flags & HALF_TIMESTAMP))
		s->flags |= S_TIMESTAMP;
	else
		s->half[0].flags &= (uint16_t) ~HALF_ZERO_TIMESTAMP;
}

static void
syn_first(struct push *x)
{
	struct stream *s = x->s;

	half_begin(x->me, x->seq);
	x->him->window = x->p->tcp.window;
	timestamp_first(x->me, x->p);
	if (x->p->tcp.wscale != 0xff)
		s->flags |= S_SERVER_WSCALE;
	wscale_offer(x->him, x->p);
	if (x->p->tcp.sack_ok)
		x->me->flags |= HALF_SACK;
	if (x->p->tcp.fast_open)
		s->flags |= S_FAST_OPEN;
	if (x->p->tcp.fast_open && x->p->payload.n) {
		s->flags |= S_SYN_DATA;
		x->me->next_seq += x->p->payload.n;
		x->me->next_win = x->me->next_seq;
		half_take(x);
	}
}

/* The first SYN/ACK, seen without its SYN. */
static void
synack_first(struct push *x)
{
	x->s->flags |= S_MIDSTREAM | S_MIDSTREAM_SYNACK;
	half_begin(x->me, x->seq);
	half_begin(x->him, x->ack - 1);
	x->him->window = x->p->tcp.window;
	x->him->next_win = x->him->last_ack + x->him->window;
	wscale_offer(x->him, x->p);
	if (x->p->tcp.wscale != 0xff)
		x->me->wscale = WSCALE_MAX;
	/* the client's window is not known yet */
	x->me->window = UINT16_MAX << x->me->wscale;
	x->me->next_win = x->me->last_ack + x->me->window;
	timestamp_first(x->me, x->p);
	if (x->p->tcp.has_ts)
		x->him->flags |= HALF_TIMESTAMP;
	agree(x->s);
}

static void
midstream_first(struct push *x)
{
	struct stream *s = x->s;

	s->flags |= S_MIDSTREAM | (x->e->conf.async_oneside ? S_ASYNC : 0);
	half_begin(x->me, x->seq - 1);
	half_begin(x->him, x->ack - 1);
	x->me->wscale = x->him->wscale = WSCALE_MAX;
	x->me->next_seq = x->end;
	x->me->window = x->him->window = (uint32_t) x->p->tcp.window << WSCALE_MAX;
	x->me->next_win = x->me->last_ack + x->me->window;
	x->him->next_win = x->him->last_ack + x->him->window;
	timestamp_first(x->me, x->p);
	if (x->p->tcp.has_ts)
		x->him->flags |= HALF_TIMESTAMP;
	agree(s);
	if (x->p->tcp.flags & TCP_FIN) {
		x->me->flags |= HALF_FIN;
		x->me->fin_seq = x->end;
	}
	half_take(x);
}

/* A packet of no known session: what may begin one? */
static int
first_state(const struct streams *e, struct packet *p)
{
	uint8_t f = p->tcp.flags;

	if (f & TCP_RST) {
		packet_event_set(p, EV_STREAM_RST_BUT_NO_SESSION);
		return -1;
	}
	if ((f & TCP_SYN) && (f & TCP_FIN)) {
		packet_event_set(p, EV_STREAM_FIN_SYN);
		return -1;
	}
	if (f & TCP_FIN) {
		if (e->conf.midstream && p->payload.n && (f & TCP_ACK))
			return STREAM_ESTABLISHED;
		packet_event_set(p, EV_STREAM_FIN_BUT_NO_SESSION);
		return -1;
	}
	if (f & TCP_SYN) {
		if (!(f & TCP_ACK))
			return STREAM_SYN_SENT;
		return e->conf.midstream || e->conf.async_oneside ? STREAM_SYN_RECV : STREAM_NONE;
	}
	return (f & TCP_ACK) && e->conf.midstream ? STREAM_ESTABLISHED : STREAM_NONE;
}

int
stream_none(struct streams *e, struct stream **sp, struct packet *p, bool *swap)
{
	int state = first_state(e, p);
	struct push x;

	if (state <= STREAM_NONE)
		return state;
	if ((*sp = session_new(e, p, (enum stream_state) state)) == NULL)
		return 0;
	if (state == STREAM_SYN_RECV && p->dir == TO_SERVER) {
		p->dir = TO_CLIENT;
		*swap = true;
	}
	(*sp)->first_dir = p->dir;
	x = push_of(e, *sp, p);
	if (state == STREAM_SYN_SENT)
		syn_first(&x);
	else if (state == STREAM_SYN_RECV)
		synack_first(&x);
	else {
		midstream_first(&x);
		if (p->tcp.flags & TCP_FIN)
			stream_set_state(&x, p->dir == TO_SERVER ? STREAM_CLOSE_WAIT : STREAM_FIN_WAIT1);
	}
	if (state != STREAM_SYN_SENT)
		counter_inc(e->cnt, C_STREAM_MIDSTREAM);
	return 0;
}

static void
queue_clear(struct streams *e, struct stream *s)
{
	struct queued *q;

	while ((q = s->queue) != NULL) {
		s->queue = q->next;
		e->sessions -= pool_size(sizeof *q);
		pool_give(e->pool, q, sizeof *q);
	}
	s->queue_n = 0;
}

void
stream_queue_clear(struct streams *e, struct stream *s)
{
	queue_clear(e, s);
}

/* Keeps the numbers of a further SYN or SYN/ACK; equal ones are kept once. */
static int
queue_add(struct push *x, uint32_t max, enum packet_event flood)
{
	struct queued *q, **at = &x->s->queue;

	for (; (q = *at) != NULL; at = &q->next)
		if (q->seq == x->seq && q->ack == x->ack && q->tsval == x->p->tcp.tsval)
			return 0;
	if (x->s->queue_n >= max || x->s->queue_n == UINT8_MAX) {
		stream_event(x, flood);
		return -1;
	}
	if ((q = pool_ztake(x->e->pool, sizeof *q)) == NULL)
		return -1;
	x->e->sessions += pool_size(sizeof *q);
	*q = (struct queued) { .seq = x->seq, .ack = x->ack, .window = x->p->tcp.window, .tsval = x->p->tcp.tsval,
		.second = second_of(x->p), .wscale = x->p->tcp.wscale, .sack_ok = x->p->tcp.sack_ok,
		.has_ts = x->p->tcp.has_ts, .wscale_given = x->p->tcp.wscale != 0xff };
	*at = q;
	x->s->queue_n++;
	return 0;
}

/* The SYN/ACK (x->me is the server) that answers the client's SYN: numbers, window, options. */
static void
synack_take(struct push *x, uint32_t seq, uint32_t ack, const struct queued *q)
{
	struct half *server = x->me, *client = x->him;

	server->isn = seq;
	server->next_seq = server->last_ack = seq + 1;
	client->window = q->window;
	client->last_ack = ack;
	client->next_win = ack + client->window;
	server->next_win = server->last_ack + server->window;
	if (q->has_ts) {
		server->flags |= HALF_TIMESTAMP;
		server->last_ts = q->tsval;
		server->last_ts_second = q->second;
		if (q->tsval == 0)
			server->flags |= HALF_ZERO_TIMESTAMP;
	}
	if (q->wscale_given && (x->s->flags & S_SERVER_WSCALE))
		client->wscale = q->wscale > WSCALE_MAX ? WSCALE_MAX : q->wscale;
	else {
		client->wscale = 0;
		server->wscale = 0;
	}
	agree(x->s);
}

static struct queued
queued_of(const struct push *x)
{
	const struct packet_tcp *t = &x->p->tcp;

	return (struct queued) { .seq = x->seq, .ack = x->ack, .window = t->window, .tsval = t->tsval,
		.second = second_of(x->p), .wscale = t->wscale, .has_ts = t->has_ts, .wscale_given = t->wscale != 0xff };
}

/* SYN/ACK of the client, after a SYN of each side. */
static int
synack_4whs(struct push *x)
{
	if (x->ack != x->him->isn + 1)
		return stream_event(x, EV_STREAM_4WHS_SYNACK_WITH_WRONG_ACK);
	if (x->seq != x->me->isn)
		return stream_event(x, EV_STREAM_4WHS_SYNACK_WITH_WRONG_SYN);
	stream_set_state(x, STREAM_SYN_RECV);
	x->him->window = x->p->tcp.window;
	x->him->last_ack = x->ack;
	x->him->next_win = x->him->last_ack + x->him->window;
	x->me->next_win = x->me->last_ack + x->me->window;
	timestamp_first(x->me, x->p);
	agree(x->s);
	return 0;
}

/* The queued SYN whose numbers a SYN/ACK answers becomes the one that counts. */
static bool
syn_from_queue(struct push *x)
{
	struct half *client = x->him;
	struct queued *q;

	for (q = x->s->queue; q; q = q->next) {
		if (x->ack != q->seq + 1)
			continue;
		half_begin(client, q->seq);
		x->me->window = q->window;
		x->me->wscale = q->wscale_given ? (q->wscale > WSCALE_MAX ? WSCALE_MAX : q->wscale) : 0;
		if (q->wscale_given)
			x->s->flags |= S_SERVER_WSCALE;
		return true;
	}
	return false;
}

static int
synack_on_syn_sent(struct push *x)
{
	struct half *client = x->him;
	struct queued q = queued_of(x);

	if ((x->s->flags & S_4WHS) && x->to_server)
		return synack_4whs(x);
	if (x->to_server)
		return stream_event(x, EV_STREAM_3WHS_SYNACK_IN_WRONG_DIRECTION);
	if ((x->s->flags & S_SYN_DATA) && x->ack == client->isn + 1) {
		/* RFC 7413 section 4.2.2: the server did not take the data, the client sends it again */
		stream_event(x, EV_STREAM_3WHS_SYNACK_TFO_DATA_IGNORED);
		half_clear(x->e, client);
		client->base = 0;
		client->next_seq = client->isn + 1;
		x->s->flags &= (uint16_t) ~S_SYN_DATA;
	} else if (x->ack != client->next_seq && x->ack != client->isn + 1 && !syn_from_queue(x))
		return stream_event(x, EV_STREAM_3WHS_SYNACK_WITH_WRONG_ACK);
	queue_clear(x->e, x->s);
	half_begin(x->me, x->seq);
	synack_take(x, x->seq, x->ack, &q);
	stream_set_state(x, STREAM_SYN_RECV);
	counter_inc(x->e->cnt, C_STREAM_SYNACK);
	if (x->p->payload.n && (x->s->flags & S_FAST_OPEN)) {
		half_take(x);
		x->me->next_seq += x->p->payload.n;
	}
	return 0;
}

static int
syn_on_syn_sent(struct push *x)
{
	if (!x->to_server) {
		/* SYN against SYN: RFC 9293 section 3.5, figure 7 */
		x->s->flags |= S_4WHS;
		half_begin(x->me, x->seq);
		x->him->window = x->p->tcp.window;
		wscale_offer(x->him, x->p);
		timestamp_first(x->me, x->p);
		return 0;
	}
	if (x->seq == x->me->isn) {
		x->p->flags |= PACKET_RETRANSMIT;
		return 0;
	}
	return queue_add(x, x->e->conf.max_syn_queued, EV_STREAM_3WHS_SYN_FLOOD);
}

/* An ACK where a SYN/ACK was to come: only one side is seen. */
static int
async_begin(struct push *x)
{
	if (!x->e->conf.async_oneside || !x->to_server)
		return 0;
	if (x->seq != x->me->next_seq)
		return stream_event(x, EV_STREAM_3WHS_ASYNC_WRONG_SEQ);
	x->s->flags |= S_ASYNC;
	stream_set_state(x, STREAM_ESTABLISHED);
	x->me->wscale = x->him->wscale;
	x->me->window = (uint32_t) x->p->tcp.window << x->me->wscale;
	x->me->last_ack = x->seq;
	x->me->next_win = x->me->last_ack + x->me->window;
	half_begin(x->him, x->ack - 1);
	x->me->next_seq = x->end;
	x->s->half[0].flags &= (uint16_t) ~(HALF_TIMESTAMP | HALF_ZERO_TIMESTAMP);
	half_take(x);
	return 0;
}

/* The server's first words must echo the timestamp of the SYN: RFC 7323 section 3.2. Who forges them does not know it. */
static bool
echo_is_valid(struct push *x)
{
	const struct half *client = x->him;
	uint32_t echo = x->p->tcp.tsecr;

	if (x->to_server || !x->p->tcp.has_ts || echo == 0)
		return true;
	if (client->flags & HALF_TIMESTAMP ? client->last_ts == 0 || client->last_ts == echo : false)
		return true;
	if (x->s->queue)
		return true;
	packet_event_set(x->p, EV_STREAM_PKT_INVALID_TIMESTAMP);
	return false;
}

int
stream_syn_sent(struct push *x)
{
	uint8_t f = x->p->tcp.flags;

	if (!echo_is_valid(x))
		return -1;
	if (f & TCP_RST) {
		if (x->to_server) {
			/* a client that goes back on its SYN; any other RST of its is an answer to somebody else's packet */
			if (x->seq != x->me->isn || x->p->tcp.window != 0 || x->ack != x->me->isn + 1)
				return 0;
		} else if (!ack_is_valid(x))
			return stream_event(x, EV_STREAM_RST_INVALID_ACK);
		x->me->flags |= HALF_RST;
		stream_set_state(x, STREAM_CLOSED);
		return 0;
	}
	if (f & TCP_FIN)
		return 0;
	if ((f & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		return synack_on_syn_sent(x);
	if (f & TCP_SYN)
		return syn_on_syn_sent(x);
	return f & TCP_ACK ? async_begin(x) : 0;
}

static int
synack_on_syn_recv(struct push *x)
{
	if (x->to_server)
		return stream_event(x, EV_STREAM_3WHS_SYNACK_TOSERVER_ON_SYN_RECV);
	if (x->ack != x->him->isn + 1 && x->ack != x->him->last_ack)
		return stream_event(x, EV_STREAM_3WHS_SYNACK_RESEND_WITH_DIFFERENT_ACK);
	if (x->seq == x->me->isn) {
		x->p->flags |= PACKET_RETRANSMIT;
		return 0;
	}
	stream_event(x, EV_STREAM_3WHS_SYNACK_RESEND_WITH_DIFF_SEQ);
	return queue_add(x, x->e->conf.max_synack_queued, EV_STREAM_3WHS_SYNACK_FLOOD);
}

/* The ACK tells which of several SYN/ACKs the client took. */
static void
synack_from_queue(struct push *x)
{
	struct queued *q;

	for (q = x->s->queue; q; q = q->next)
		if (x->ack == q->seq + 1) {
			struct push server = *x;
			server.me = x->him;
			server.him = x->me;
			synack_take(&server, q->seq, q->ack, q);
			break;
		}
	queue_clear(x->e, x->s);
}

static int
ack_4whs(struct push *x)
{
	if (x->seq != x->me->next_seq)
		return stream_event(x, EV_STREAM_4WHS_WRONG_SEQ);
	if (!ack_is_valid(x))
		return stream_event(x, EV_STREAM_4WHS_INVALID_ACK);
	stream_set_state(x, STREAM_ESTABLISHED);
	return stream_accept(x);
}

/* Data or an ACK of data from the server: the third packet of the handshake was lost to us, not to them. */
static bool
third_packet_missed(const struct push *x)
{
	if (x->s->flags & (S_MIDSTREAM_SYNACK | S_FAST_OPEN))
		return true;
	return x->seq == x->me->next_seq && seq_leq(x->ack, x->him->next_win) &&
	    (seq_gt(x->ack, x->him->isn + 1) || x->p->payload.n);
}

static int
ack_on_syn_recv(struct push *x)
{
	struct half *me = x->me, *him = x->him;

	if (x->s->queue && x->to_server)
		synack_from_queue(x);
	if (!timestamp_is_valid(x))
		return -1;
	if ((x->s->flags & S_4WHS) && !x->to_server)
		return ack_4whs(x);
	if (!x->to_server && !third_packet_missed(x))
		return stream_event(x, EV_STREAM_3WHS_ACK_IN_WRONG_DIR);
	if (!x->to_server && (x->s->flags & S_MIDSTREAM_SYNACK) && x->e->conf.async_oneside)
		x->s->flags |= S_ASYNC;
	if (x->to_server && (x->s->flags & S_MIDSTREAM)) {
		/* the client's side was guessed from the SYN/ACK */
		him->window = (uint32_t) x->p->tcp.window << him->wscale;
		him->next_win = him->last_ack + him->window;
	}
	if (!x->to_server || (x->seq == me->next_seq && seq_leq(x->ack, him->next_seq) && seq_gt(x->ack, him->isn)))
		;
	else if ((x->s->flags & S_FAST_OPEN) && seq_leq(x->seq, me->next_seq) && seq_leq(x->ack, him->next_seq))
		;
	else if (x->e->conf.async_oneside && x->seq == me->next_seq)
		x->s->flags |= S_ASYNC;
	else if (x->seq == me->next_seq && seq_geq(x->ack, him->isn + 1) && seq_leq(x->ack, him->next_win) &&
	    him->window)
		; /* acknowledges data of the server that was not seen */
	else if (x->seq == me->next_seq) {
		x->s->flags |= S_EVASION;
		return stream_event(x, EV_STREAM_3WHS_RIGHT_SEQ_WRONG_ACK_EVASION);
	} else if (seq_gt(x->seq, me->next_seq) && seq_leq(x->end, me->next_win) && x->ack == him->next_seq)
		; /* the ACK and perhaps data went missing on the way to us */
	else
		return stream_event(x, EV_STREAM_3WHS_WRONG_SEQ_WRONG_ACK);
	stream_set_state(x, STREAM_ESTABLISHED);
	return stream_accept(x);
}

int
stream_syn_recv(struct push *x)
{
	uint8_t f = x->p->tcp.flags;

	if (f & TCP_RST)
		return stream_handle_rst(x);
	if ((f & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		return synack_on_syn_recv(x);
	if (f & TCP_SYN) {
		if (!x->to_server)
			return stream_event(x, EV_STREAM_3WHS_SYN_TOCLIENT_ON_SYN_RECV);
		if (x->seq != x->me->isn)
			return stream_event(x, EV_STREAM_3WHS_SYN_RESEND_DIFF_SEQ_ON_SYN_RECV);
		x->p->flags |= PACKET_RETRANSMIT;
		return 0;
	}
	if (f & TCP_FIN)
		return stream_handle_fin(x);
	return f & TCP_ACK ? ack_on_syn_recv(x) : 0;
}
