/*
 * stream - TCP segments -> ordered bytes, or a gap of known size.
 *
 * Thread:    the worker's.
 * Memory:    struct stream and segments out of the worker's pool, within memcap.
 * Owns:      the bytes it hands out, until the next stream_push() of the same stream.
 * Not here:  meaning of the bytes -> ../app/
 */
#include "engine/decode/decode.h"
#include "engine/stream/session.h"

#define PASS_MAX (1u << 30)   /* it is told again with every chunk */
#define FETCH_MAX 512u /* bytes of a window that are fetched ahead */

struct streams *
streams_new(const struct stream_conf *conf, struct pool *pool, struct counters *cnt)
{
	struct arena own;
	struct streams *e;

	arena_init(&own, 0);
	if ((e = arena_zalloc(&own, sizeof *e)) == NULL)
		return NULL;
	e->own = own;
	e->conf = *conf;
	if (conf->inline_choice >= STREAM_INLINE_YES)
		e->conf.inline_mode = true;
	e->pool = pool;
	e->cnt = cnt;
	e->raw = conf->raw;
	return e;
}

void
streams_want_raw(struct streams *e, bool wanted)
{
	e->raw = e->conf.raw && wanted;
}

void
streams_free(struct streams *e)
{
	struct arena own;

	if (e == NULL)
		return;
	own = e->own;
	arena_clear(&own);
}

/* RFC 9293 section 3.8.4: nothing new, one number before what is expected. */
static bool
is_keepalive(struct push *x)
{
	if (x->p->payload.n > 1 || x->ack != x->him->last_ack || x->seq != x->me->next_seq - 1)
		return false;
	if ((x->me->flags & HALF_FIN) && x->me->fin_seq == x->seq)
		return false;
	x->me->flags |= HALF_KEEPALIVE;
	return true;
}

static bool
is_keepalive_ack(const struct push *x)
{
	return x->p->payload.n == 0 && (x->him->flags & HALF_KEEPALIVE) && x->ack == x->him->last_ack &&
	    x->seq == x->me->next_seq && (uint32_t) x->p->tcp.window << x->him->wscale == x->him->window;
}

static bool
is_bad_window_update(const struct push *x)
{
	uint32_t win = (uint32_t) x->p->tcp.window << x->him->wscale;

	return x->s->state >= STREAM_ESTABLISHED && x->p->payload.n == 0 && win < x->him->window &&
	    seq_gt(x->ack, x->him->next_seq) && seq_gt(x->seq, x->me->next_seq);
}

/* All of it was acknowledged and given out before. */
static bool
is_spurious(const struct push *x)
{
	const struct half *me = x->me;

	if (x->p->payload.n == 0 || x->s->state < STREAM_ESTABLISHED || (x->s->flags & S_ASYNC) ||
	    seq_gt(x->end, me->last_ack) || seq_gt(x->end, me->next_seq))
		return false;
	return half_offset(me, x->end) <= (int64_t) half_contiguous(me);
}

/* Packets that leave the session as it was. */
static bool
changes_nothing(struct push *x)
{
	if (x->s->state < STREAM_ESTABLISHED || (x->p->tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST)))
		return false;
	if (is_keepalive(x))
		return true;
	if (is_keepalive_ack(x)) {
		x->him->flags &= (uint16_t) ~HALF_KEEPALIVE;
		return true;
	}
	x->me->flags &= (uint16_t) ~HALF_KEEPALIVE;
	if (is_bad_window_update(x)) {
		stream_event(x, EV_STREAM_PKT_BAD_WINDOW_UPDATE);
		return true;
	}
	if (is_spurious(x)) {
		stream_event(x, EV_STREAM_PKT_SPURIOUS_RETRANSMISSION);
		x->p->flags |= PACKET_RETRANSMIT;
		if (ack_is_valid(x))
			half_update_ack(x->him, x->ack);
		return true;
	}
	return false;
}

static int
dispatch(struct push *x)
{
	switch ((enum stream_state) x->s->state) {
	case STREAM_SYN_SENT:
		return stream_syn_sent(x);
	case STREAM_SYN_RECV:
		return stream_syn_recv(x);
	case STREAM_ESTABLISHED:
		return stream_in_established(x);
	default:
		return stream_in_closing(x);
	}
}

/* A hole that the other side has acknowledged: told with the packet that shows it. */
static void
tell_gaps(struct streams *e, struct stream *s, struct packet *p)
{
	for (int dir = 0; dir < 2; dir++)
		if (half_gap_shows(s, dir)) {
			blocks_join(e, &s->half[dir]);
			packet_event_set(p, EV_STREAM_REASSEMBLY_SEQ_GAP);
			counter_inc(e->cnt, C_STREAM_GAP_PACKETS);
		}
}

void
stream_release(struct streams *e, struct stream *s)
{
	if (!s || s->flags & S_SETTLED)
		return;
	half_release(e, s, TO_SERVER);
	half_release(e, s, TO_CLIENT);
}

static int
push_known(struct streams *e, struct stream *s, struct packet *p)
{
	struct push x = push_of(e, s, p);
	int ret = 0;

	s->last_dir = p->dir;
	if ((s->flags & S_ASYNC) && (s->flags & S_MIDSTREAM) && p->dir != s->first_dir)
		s->flags &= (uint16_t) ~S_ASYNC;
	if (!changes_nothing(&x))
		ret = dispatch(&x);
	if ((x.him->flags & HALF_RST) && !(p->tcp.flags & TCP_RST))
		packet_event_set(p, EV_STREAM_SUSPECTED_RST_INJECT);
	if (s->state >= STREAM_ESTABLISHED && ret == 0)
		p->flags |= PACKET_STREAM_EST;
	return ret;
}

static void
exception(struct packet *p, enum stream_exception what)
{
	switch (what) {
	case STREAM_EXC_PASS_FLOW:
	case STREAM_EXC_DROP_FLOW:
		p->flags |= PACKET_PASS_FLOW;
		break;
	case STREAM_EXC_BYPASS:
		p->flags |= PACKET_BYPASS_FLOW;
		break;
	case STREAM_EXC_PASS_PACKET:
	case STREAM_EXC_DROP_PACKET:
	case STREAM_EXC_REJECT:
		p->flags |= PACKET_NO_PAYLOAD_INSPECT;
		break;
	default:
		break;
	}
}

/* The first packet of a flow, or one after which there is still no session. */
static int
push_first(struct streams *e, struct stream **s, struct packet *p, bool *swap)
{
	bool syn = (p->tcp.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	uint64_t refused = counter_get(e->cnt, C_STREAM_SESSION_MEMCAP);
	int ret = stream_none(e, s, p, swap);

	if (!syn) {
		p->flags |= PACKET_EXC_MIDSTREAM;
		exception(p, (enum stream_exception) e->conf.midstream_policy);
	}
	if (counter_get(e->cnt, C_STREAM_SESSION_MEMCAP) != refused) {
		p->flags |= PACKET_EXC_MEMCAP;
		exception(p, (enum stream_exception) e->conf.memcap_policy);
	}
	if (*s == NULL) {
		if (!syn)
			counter_inc(e->cnt, C_STREAM_NO_SESSION);
		return ret;
	}
	(*s)->last_dir = p->dir;
	if ((*s)->state >= STREAM_ESTABLISHED)
		p->flags |= PACKET_STREAM_EST;
	return ret;
}

static __attribute__((noinline)) void
push_other(struct streams *e, struct stream **s, struct packet *p, bool *swap)
{
	int ret;

	if (!(p->tcp.flags & TCP_ACK) && p->tcp.ack != 0)
		packet_event_set(p, EV_STREAM_PKT_BROKEN_ACK);
	ret = *s ? push_known(e, *s, p) : push_first(e, s, p, swap);
	if (*s)
		tell_gaps(e, *s, p);
	if (ret < 0) {
		p->flags |= PACKET_STREAM_BAD;
		counter_inc(e->cnt, C_STREAM_INVALID);
		if (e->conf.drop_invalid && e->conf.inline_mode)
			p->flags |= PACKET_NO_PAYLOAD_INSPECT;
	}
}

bool
stream_push(struct streams *e, struct stream **s, struct packet *p, bool *swap)
{
	bool ready;

	*swap = false;
	if (e->conf.checksum_validation && !(p->flags & (PACKET_TRUNCATED | PACKET_PSEUDO)) && !packet_checksum_l4_ok(p)) {
		p->flags |= PACKET_CHECKSUM_BAD_L4 | PACKET_STREAM_BAD;
		counter_inc(e->cnt, C_STREAM_CHECKSUM);
		return false;
	}
	if (*s && stream_predicted(e, *s, p, &ready))
		return ready;
	push_other(e, s, p, swap);
	return true;
}

void
stream_flush(struct streams *e, struct stream *s)
{
	for (int dir = 0; dir < 2; dir++) {
		half_release(e, s, dir);
		blocks_join(e, &s->half[dir]);
	}
	s->flags |= S_FLUSH;
}

void
stream_clear(struct streams *e, struct stream **sp)
{
	struct stream *s = *sp;
	size_t size = sizeof *s;

	if (s == NULL)
		return;
	if (s->flags & S_SETTLED) {
		size = sizeof(struct settled);
	} else {
		half_clear(e, &s->half[0]);
		half_clear(e, &s->half[1]);
		stream_queue_clear(e, s);
	}
	e->sessions -= pool_size(size);
	pool_give(e->pool, s, size);
	*sp = NULL;
}

void
stream_keep(struct stream *s, int dir, uint64_t from)
{
	s->half[dir].kept = from + 1;
}

void
stream_pass(struct stream *s, int dir, uint64_t n)
{
	struct half *h = &s->half[dir];

	h->flags &= (uint16_t) ~HALF_PASS;
	if (!n)
		return;
	h->flags |= HALF_PASS;
	h->pass_to = (uint32_t) h->app + (n < PASS_MAX ? (uint32_t) n : PASS_MAX);
}

void
stream_raw_trigger(struct stream *s, int dir)
{
	s->half[dir].flags |= HALF_RAW_TRIGGER;
}

void
stream_raw_disable(struct stream *s, int dir)
{
	struct half *h = &s->half[dir];
	int64_t next = half_offset(h, h->next_seq);

	if (h->flags & (HALF_RAW_OFF | HALF_RAW_ENDS))
		return;
	h->raw_end = next < 0 ? 0 : (uint64_t) next;
	h->flags |= h->raw < h->raw_end ? HALF_RAW_ENDS | HALF_RAW_TRIGGER : HALF_RAW_OFF;
}

void
stream_turn(struct stream *s)
{
	struct half h = s->half[0];
	uint16_t told = s->flags & (S_FIRST_TOLD_0 | S_FIRST_TOLD_1);

	s->half[0] = s->half[1];
	s->half[1] = h;
	s->first_dir = !s->first_dir;
	s->last_dir = !s->last_dir;
	if (told == S_FIRST_TOLD_0 || told == S_FIRST_TOLD_1)
		s->flags ^= S_FIRST_TOLD_0 | S_FIRST_TOLD_1;
}

void
stream_fetch(const struct stream *s)
{
	fetch(s, sizeof(*s));
}

bool
stream_fetch_window(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];

	if (s->flags & S_SETTLED || !h->window_p)
		return false;
	fetch(h->window_p + h->head, h->n < FETCH_MAX ? h->n : FETCH_MAX);
	fetch(h->window_p + h->head + h->n, 256);
	return h->n > 0;
}

enum stream_state
stream_state(const struct stream *s)
{
	return s ? (enum stream_state) s->state : STREAM_NONE;
}

bool
stream_established(const struct stream *s)
{
	return s && s->state >= STREAM_ESTABLISHED;
}

bool
stream_is_midstream(const struct stream *s)
{
	return s && (s->flags & S_MIDSTREAM);
}

void
stream_mark(const struct stream *s, struct packet *p)
{
	if (s->flags & S_MIDSTREAM)
		p->flags |= PACKET_MIDSTREAM;
	if (s->flags & S_ASYNC)
		p->flags |= PACKET_ONE_SIDED;
}

static uint32_t
isn_of(const struct stream *s, int dir)
{
	return s->flags & S_SETTLED ? ((const struct settled *) s)->half[dir].isn : s->half[dir].isn;
}

bool
stream_reuse(const struct stream *s, const struct packet *p, int dir)
{
	bool ack = p->tcp.flags & TCP_ACK;

	if (!(p->tcp.flags & TCP_SYN))
		return false;
	/* a SYN comes from the client, a SYN/ACK from the server: against that, a new pair of roles */
	if (s == NULL || s->state == STREAM_NONE)
		return s ? true : dir == (ack ? TO_SERVER : TO_CLIENT);
	if (p->tcp.seq == isn_of(s, ack ? TO_CLIENT : TO_SERVER))
		return false;
	return s->state >= STREAM_LAST_ACK || s->state == STREAM_TIME_WAIT;
}

bool
stream_wants_flush(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];
	uint64_t end = half_held_end(h);

	return h->app < end || (!(h->flags & HALF_RAW_OFF) && h->raw < end);
}

bool
stream_raw_left(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];

	return !(h->flags & HALF_RAW_OFF) && h->raw < half_held_end(h);
}

uint64_t
stream_size(const struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];
	int64_t n = half_offset(h, h->next_seq) + h->urgent_n + 1;

	return n < 0 ? 0 : (uint64_t) n;
}

uint64_t
stream_lost(const struct stream *s, int dir)
{
	return s->flags & S_SETTLED ? ((const struct settled *) s)->half[dir].lost : s->half[dir].lost;
}

bool
stream_is_settled(const struct stream *s)
{
	return s && s->flags & S_SETTLED;
}

unsigned
stream_max_regions(const struct stream *s, int dir)
{
	return s->half[dir].regions ? s->half[dir].regions : 1;
}

bool
stream_depth_reached(const struct stream *s)
{
	return s->half[0].flags & s->half[1].flags & HALF_DEPTH;
}

size_t
streams_memory(const struct streams *e)
{
	return e->held + e->sessions;
}

bool
stream_cut(const struct stream *s, int dir)
{
	return s->half[dir].flags & HALF_DEPTH;
}

void
stream_deepen(const struct streams *e, struct stream *s, uint64_t depth)
{
	if (s->own_depth || (s->half[0].flags | s->half[1].flags) & HALF_DEPTH)
		return;
	if (depth == e->conf.depth || (depth && e->conf.depth && depth < e->conf.depth))
		return;
	s->own_depth = true;
	s->depth = stream_depth(depth);
}
