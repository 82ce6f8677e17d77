/*
 * A packet's way: worker_frame -> worker_packet, which calls every stage and is the only one that does.
 */
#include "engine/worker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "engine/emit.h"
#include "engine/services.h"
#include "engine/session.h"

#define POOL_SHARE_MIN (64u << 20)
#define SERVICE_ENTRIES 65536
#define FETCH_AHEAD 6 /* frames that are still to have their turn when a flow is fetched; less for what hangs on it */
#define FETCH_BYTES 1536u /* of a payload: searches and copies begin before the processor sees that it is read from end to end */

/* A frame that waits its turn, decoded, while what it will need is fetched. It is told apart by members, since the processor would wait
 * to read as a whole what was just written in pieces. */
struct ahead {
	uint64_t num;
	struct packet *packets;
	int64_t ts;
	struct flow_want want; /* of the first packet */
	uint32_t wire_len;
	unsigned n;
	bool ours;
	bool cold;             /* nothing of its session was needed lately */
};

struct worker {
	struct worker_conf conf;
	struct counters *cnt;
	struct decode *decode;
	struct flow_table *flows;
	struct streams *streams;
	struct apps *apps;
	struct detect *detect;
	struct ruleset *rules;
	struct pool *pool;
	struct services *services;
	struct sessions sessions;
	struct ring *ring;
	struct emit emit;
	const struct flow *flow; /* the one at hand */
	struct event_facts now; /* what the packet at hand adds to its session's facts, and to its service's; nothing between packets */
	uint64_t num;           /* frame at hand */
	int64_t second;         /* packet time, whole seconds, told last */
	bool idle;              /* nobody looks at what packets bring: see nobody_looks() */
	uint64_t progress;      /* atomic: every event up to this frame is in the ring */
	struct ahead ahead[DECODE_AHEAD];
	unsigned in, out;       /* frames that came, and that had their turn */
	int64_t turns, recent;  /* packet time when the turns at hand, and those before them, began */
};

static bool
may_be_logged(const struct app *a, const struct tx *tx)
{
	return (tx->proto->log_ready && tx->proto->log_ready(tx)) || (tx_final(a, tx, TO_SERVER) && tx_final(a, tx, TO_CLIENT));
}

/* A rule may yet say that its files are to be stored: their records wait until every rule has looked. */
static bool
awaits_rules(const struct session *s, const struct tx *tx)
{
	return s->app->asked->store_rules && tx->proto->file && !s->passed && !s->bypassed &&
	    !(tx->done_seen[TO_SERVER] && tx->done_seen[TO_CLIENT]);
}

/* Transactions that are complete are written once; then what nobody needs any more is given back. */
static void
log_transactions(struct worker *w, struct flow *f, struct session *s, const struct packet *p, bool all)
{
	struct app *a = s->app;

	if (a && a->events != a->events_told && w->conf.emit.anomaly_app)
		emit_flow_anomaly(&w->emit, f, s, p);
	if (!a)
		return;
	for (struct tx *tx = a->first; tx; tx = tx->next) {
		if (w->conf.emit.anomaly_app && tx->events != tx->events_told)
			emit_tx_anomaly(&w->emit, f, s, tx, p);
		if (tx->logged || (!all && (!may_be_logged(a, tx) || awaits_rules(s, tx))))
			continue;
		tx->logged = true;
		if (s->passed) /* no rule will look */
			tx->done_seen[TO_SERVER] = tx->done_seen[TO_CLIENT] = true;
		if (!tx->unlogged)
			emit_tx(&w->emit, f, s, tx, p);
		emit_files(&w->emit, f, s, tx, p);
	}
	app_prune(w->apps, a);
}

static void
detect_on(struct worker *w, struct packet *p, struct flow *f, struct session *s, bool app_updated, bool raw)
{
	const struct detect_alert *alerts;
	if (s && p->flags & PACKET_PASS_FLOW)
		s->passed = true; /* an exception policy says so */
	if (w->idle || (s && (s->passed || s->bypassed)))
		return;
	struct detect_in in = {
		.p = p,
		.flow = f,
		.stream = s ? s->stream : NULL,
		.streams = raw ? w->streams : NULL,
		.app = s ? s->app : NULL,
		.marks = s ? &s->marks : NULL,
		.app_updated = app_updated,
		/* before this packet or with it: the last ones of a session close the flow and are still of it */
		.established = f && s->established,
	};
	unsigned n = detect_packet(w->detect, &in, &alerts);

	for (unsigned i = 0; i < n; i++)
		emit_alert(&w->emit, p, f, s, &alerts[i]);
	if (n && s) /* each alert of the packet has told it; the pipeline counts it once */
		session_told(&w->sessions, s, f);
	if (in.tagged && w->conf.emit.tagged && w->conf.emit.content)
		emit_packet(&w->emit, p, f, s);
	emit_metadata(&w->emit, p, f, s);
	if (s && s->marks.flags & MARKS_BYPASS)
		s->bypassed = true;
}

static void
run_detect(struct worker *w, struct packet *p, struct flow *f, struct session *s, bool app_updated)
{
	detect_on(w, p, f, s, app_updated, true);
}

/* Frames of the packet's direction were looked at: those that are over are told once and go. */
static void
settle_frames(struct worker *w, struct flow *f, struct session *s, const struct packet *p)
{
	struct app *a = s->app;
	struct app_frames *fs = a ? &a->frames[p->dir] : NULL;

	if (!a || (!a->frames[0].n && !a->frames[1].n))
		return;
	for (uint32_t i = 0; i < fs->n; i++) {
		struct app_frame *fr = &fs->v[i];

		if (!fr->looked && !(s->passed && app_frame_final(a, p->dir, fr)))
			continue;
		fr->settled = true;
		if (w->conf.emit.log_frames && w->conf.emit.content)
			emit_app_frame(&w->emit, f, s, p, fr);
	}
	for (int dir = 0; dir < 2; dir++) { /* the other direction's wait for a packet of theirs */
		uint64_t from = app_frames_prune(a, dir);
		if (s->stream)
			stream_keep(s->stream, dir, from);
	}
}

/* The parser saw that client and server are the other way round: everybody turns with it. `updated`: bit = direction. */
static unsigned
turn(struct worker *w, struct flow *f, struct session *s, struct packet *p, unsigned updated)
{
	flow_swap(w->flows, f, p);
	session_turn(&w->sessions, s);
	if (s->stream)
		stream_turn(s->stream);
	s->app->reversed = false;
	return (updated & 1) << 1 | updated >> 1;
}

/* Hands ready bytes of the stream to the application layer; tells which directions got something. */
static unsigned
feed_stream(struct worker *w, struct flow *f, struct session *s, struct packet *p)
{
	struct stream_chunk c;
	unsigned updated = 0;

	while (stream_next(w->streams, s->stream, &c)) {
		updated |= 1u << c.dir;
		counter_add(w->cnt, C_STREAM_BYTES, c.bytes.n);
		if (c.gap) {
			w->now.lost += c.gap;
			counter_add(w->cnt, C_STREAM_LOST_BYTES, c.gap);
			app_gap(w->apps, &s->app, c.dir, c.gap, p);
		}
		if (c.bytes.n)
			app_feed(w->apps, &s->app, c.dir, span_parts(&c.bytes), p, &w->now);
		if (s->app && s->app->reversed) {
			updated = turn(w, f, s, p, updated);
			c.dir = !c.dir;
		}
		if (s->app && s->app->flush) {
			stream_raw_trigger(s->stream, c.dir);
			s->app->flush = false;
		}
		stream_pass(s->stream, c.dir, app_passes_over(s->app, c.dir));
		if (s->app && s->app->storing)
			stream_deepen(w->streams, s->stream, s->app->asked->depth);
		if (c.eof && s->app && !s->app->shared) {
			s->app->cut[c.dir] = stream_cut(s->stream, c.dir);
			app_eof(w->apps, s->app, c.dir);
		}
		if (s->app && s->app->no_payload)
			for (int d = 0; d < 2; d++)
				stream_raw_disable(s->stream, d);
	}
	return updated;
}

static __attribute__((noinline)) void
not_as_usual(struct worker *w, struct flow *f, struct session *s, const struct packet *p, bool swap)
{
	if (swap) {
		flow_swap(w->flows, f, NULL); /* p->dir is right already */
		session_turn(&w->sessions, s);
	}
	s->exc_midstream |= (p->flags & PACKET_EXC_MIDSTREAM) != 0;
	s->exc_memcap |= (p->flags & PACKET_EXC_MEMCAP) != 0;
	s->bypassed |= (p->flags & PACKET_BYPASS_FLOW) != 0;
}

static unsigned
tcp_packet(struct worker *w, struct flow *f, struct session *s, struct packet *p)
{
	bool swap, ready = stream_push(w->streams, &s->stream, p, &swap);
	unsigned updated = 0;

	if (swap || p->flags & (PACKET_EXC_MIDSTREAM | PACKET_EXC_MEMCAP | PACKET_BYPASS_FLOW))
		not_as_usual(w, f, s, p, swap);
	if (!s->stream || s->bypassed)
		return 0;
	stream_mark(s->stream, p);
	if (ready)
		updated = feed_stream(w, f, s, p);
	enum stream_state st = stream_state(s->stream);
	if (st == STREAM_CLOSED || st == STREAM_TIME_WAIT || st == STREAM_LAST_ACK)
		flow_set_state(w->flows, f, FLOW_CLOSED);
	else if (stream_established(s->stream))
		flow_set_state(w->flows, f, FLOW_ESTABLISHED);
	return updated;
}

static unsigned
datagram(struct worker *w, struct flow *f, struct session *s, struct packet *p)
{
	if (f->seen == 3)
		flow_set_state(w->flows, f, FLOW_ESTABLISHED);
	if (p->proto != 17 || p->payload.n == 0)
		return 0;
	app_feed(w->apps, &s->app, p->dir, p->payload, p, &w->now);
	return 1u << p->dir;
}

static bool
begins_anew(void *arg, const struct flow *f, const struct packet *p)
{
	(void) arg;
	return stream_reuse(((const struct session *) f->user)->stream, p, p->dir);
}

/* Of what follows nobody can read anything, and the operator does not want to try. */
static void
bypass_unreadable(struct worker *w, struct session *s)
{
	if (w->conf.stream.bypass && s->stream && ((s->app && s->app->bypass) || stream_depth_reached(s->stream)))
		s->bypassed = true;
}

/* Transactions that only wait for a packet of the other direction are looked at without one when they are many. */
static void
look_other_way(struct worker *w, struct flow *f, struct session *s, int dir)
{
	struct packet p;

	if (!app_crowded(s->app, dir))
		return;
	session_pseudo_packet(&p, f, dir);
	detect_on(w, &p, f, s, true, false); /* not at the stream's bytes: more of them may come */
}

/* Transactions of the packet's direction are to be looked at: something came for them, or did with a packet of the other one. */
static bool
wants_look(struct session *s, int dir, unsigned updated)
{
	unsigned due = updated | s->app_next;
	bool across = updated && s->app && s->app->proto && s->app->proto->looks_across;

	if (due)
		s->app_next = (uint8_t) (due & ~(1u << dir));
	return due >> dir & 1 || across;
}

/* Rules look at what the packet brought, logs tell of it. */
static void
look(struct worker *w, struct flow *f, struct session *s, struct packet *p, unsigned updated)
{
	bool due = wants_look(s, p->dir, updated);

	if (packet_is_carrier(p->proto))
		run_detect(w, p, NULL, NULL, false);
	else
		run_detect(w, p, f, s, due);
	settle_frames(w, f, s, p);
	look_other_way(w, f, s, !p->dir);
	bypass_unreadable(w, s);
	log_transactions(w, f, s, p, false);
}

/* Nobody does either. */
static void
let_go(struct worker *w, struct session *s, const struct packet *p, unsigned updated)
{
	if (p->flags & PACKET_PASS_FLOW)
		s->passed = true;
	if (updated && s->app && !s->app->shared)
		app_let_go(s->app);
	bypass_unreadable(w, s);
}

/* What a flow that is over, or that nobody can read, need not keep. A session is put away only where the flow is closed: there
 * worker_packet() wakes it. */
static void
settle(struct worker *w, const struct flow *f, struct session *s)
{
	stream_release(w->streams, s->stream);
	if (f->state == FLOW_CLOSED)
		stream_settle(w->streams, &s->stream);
	if (s->app && (f->state == FLOW_CLOSED || !s->app->proto))
		app_settle(w->apps, &s->app);
}

/* more: there is in w->now than the flow's begin. p NULL: the flow has ended. */
static inline void
tell_service(struct worker *w, const struct flow *f, struct session *s, const struct packet *p, bool more)
{
	if (p || more)
		services_add(w->services, &w->emit, f, s, p, &w->now, more);
	w->now.flows = 0;
	if (more)
		w->now = (struct event_facts) { 0 };
}

static void
worker_packet(struct worker *w, struct packet *p, const struct flow_want *want) /* the whole life of a packet: read this first */
{
	bool fresh = false, more;
	unsigned updated = 0;
	uint64_t order = w->emit.order;
	struct flow *f = flow_find_wanted(w->flows, p, want, &fresh);
	struct session *s = f ? session_of(f) : NULL;

	if (w->emit.order != order)
		emit_frame(&w->emit, w->num); /* an older flow ended here */
	w->flow = f;
	if (!f) {
		run_detect(w, p, NULL, NULL, false);
		goto done;
	}
	w->now.flows = fresh;
	if (w->conf.emit.ethernet)
		session_macs(&w->sessions, s, p);
	if (s->bypassed) {
		session_count(s, f, p, &w->now);
		tell_service(w, f, s, p, facts_are_more(&w->now));
		return;
	}
	if (s->app && s->app->no_payload)
		p->flags |= PACKET_NO_PAYLOAD_INSPECT;
	if (f->state == FLOW_CLOSED)
		stream_wake(w->streams, &s->stream);
	else if (f->state == FLOW_ESTABLISHED)
		s->established = true;
	if (p->proto == 6 && !(p->flags & PACKET_MALFORMED))
		updated = tcp_packet(w, f, s, p);
	else
		updated = datagram(w, f, s, p);
	session_count(s, f, p, &w->now);
	more = facts_are_more(&w->now);
	if (updated && more)
		session_add(&w->sessions, s, &w->now);
	if (s->app && s->app->reversed)
		updated = turn(w, f, s, p, updated);
	if (w->idle)
		let_go(w, s, p, updated);
	else
		look(w, f, s, p, updated);
	tell_service(w, f, s, p, more);
done:
	if (p->is_arp)
		emit_arp(&w->emit, p);
	if (p->any_event && w->conf.emit.log_anomaly)
		emit_anomaly(&w->emit, p, f, s);
	if (f)
		settle(w, f, s);
}

static void
fetch_session(const struct worker *w, const struct session *s)
{
	session_fetch(&w->sessions, s);
	services_fetch(w->services, s);
}

static void
flow_ends_soon(void *arg, const struct flow *f, unsigned left)
{
	const struct session *s = (const struct session *) f->user;

	if (left)
		fetch_session(arg, s);
	else if (s->app)
		app_fetch_tx(s->app);
}

/* What is still held is looked at, then told, then given back. */
static void
flow_ended(void *arg, struct flow *f, enum flow_end why)
{
	struct worker *w = arg;
	struct session *s = session_of(f);
	struct packet p;

	emit_flow_phase(&w->emit, w->num, f);
	w->flow = f;
	/* nothing is left to give, nor anybody to take it */
	bool over = w->idle && stream_is_settled(s->stream) && (!s->app || s->app->shared);
	if (!over)
		stream_wake(w->streams, &s->stream);
	if (!over && s->stream && !s->bypassed) {
		bool wants[2];
		for (int d = 0; d < 2; d++)
			wants[d] = s->app_next >> d & 1 || stream_wants_flush(s->stream, d) || (s->app && s->app->frames[d].n);
		session_pseudo_packet(&p, f, TO_SERVER);
		stream_flush(w->streams, s->stream);
		stream_mark(s->stream, &p);
		bool swapped = f->swapped;
		unsigned updated = feed_stream(w, f, s, &p);
		session_add(&w->sessions, s, &w->now);
		if (f->swapped != swapped)
			SWAP_PAIR(wants);
		for (int d = 0; d < 2 && !w->idle; d++) {
			if (!wants[d] && !(updated >> d & 1))
				continue;
			/* each round sees one piece of what lies beyond holes */
			uint32_t rounds = 0;
			do {
				session_pseudo_packet(&p, f, d);
				run_detect(w, &p, f, s, true);
			} while (++rounds < 16 && stream_raw_left(s->stream, d));
			settle_frames(w, f, s, &p);
		}
	}
	log_transactions(w, f, s, NULL, true);
	tell_service(w, f, s, NULL, facts_are_more(&w->now));
	emit_flow(&w->emit, f, s, why);
	emit_netflow(&w->emit, f, s);
	session_end(&w->sessions, s);
	detect_flow_end(w->detect, &s->marks, s->app);
	app_clear(w->apps, &s->app);
	stream_clear(w->streams, &s->stream);
}

static __attribute__((noinline)) void
second_passes(struct worker *w, int64_t now)
{
	w->emit.num = w->num;
	w->emit.order = 0;
	w->emit.order2 = 0;
	services_tell(w->services, &w->emit, now);
	flow_expire(w->flows, now);
	if (w->conf.index == 0 && w->second) {
		w->emit.order = INT64_MAX; /* after the flows that ended, before the packet */
		w->emit.order2 = 0;
		emit_tick(&w->emit, now);
	}
	w->second = now / NS_PER_S;
}

/* Once a second of packet time, at the same frame whichever share of the packets is ours. */
static inline void
time_passes(struct worker *w, int64_t now)
{
	if (now >= (w->second + 1) * NS_PER_S)
		second_passes(w, now);
}

static struct ahead *
ahead_at(struct worker *w, unsigned i)
{
	return &w->ahead[i % DECODE_AHEAD];
}

/* A frame's turn. */
static void
frame_turn(struct worker *w)
{
	struct ahead *a = ahead_at(w, w->out++);

	w->num = a->num;
	time_passes(w, a->ts);
	if (a->ours) {
		emit_frame(&w->emit, a->num);
		counter_inc(w->cnt, C_CAPTURE_PACKETS);
		counter_add(w->cnt, C_CAPTURE_BYTES, a->wire_len);
		for (unsigned i = 0; i < a->n; i++) {
			if (i > 0)
				flow_ahead(w->flows, &a->packets[i], &a->want);
			worker_packet(w, &a->packets[i], &a->want);
		}
	}
	__atomic_store_n(&w->progress, a->num, __ATOMIC_RELEASE);
}

static struct flow *
flow_of(const struct worker *w, const struct ahead *a)
{
	return a->want.any ? flow_ahead_look(w->flows, a->want.hash) : NULL;
}

/* What hangs on the flow of a frame that will soon have its turn. What other packets of it have needed just now is at hand. */
static void
fetch_ahead(const struct worker *w, struct ahead *a)
{
	struct flow *f = flow_of(w, a);

	a->cold = f && f->touched < w->recent;
	if (a->cold)
		fetch_session(w, session_of(f));
}

/* Then what hangs on that, and the payload. */
static void
fetch_bytes(const struct worker *w, const struct ahead *a)
{
	struct span bytes = a->ours && a->n ? span_head(a->packets->payload, FETCH_BYTES) : SPAN_NONE;
	struct flow *f = a->cold ? flow_of(w, a) : NULL;
	bool any = bytes.n > 0;

	fetch(bytes.p, w->idle ? 0 : bytes.n);
	for (int d = 0; f && session_of(f)->stream && d < 2; d++)
		any |= stream_fetch_window(session_of(f)->stream, d);
	if (f && session_of(f)->app && any)
		app_fetch_tx(session_of(f)->app);
}

/* The next n frames', one after the other, while what those behind them need is on its way. */
static void
turns(struct worker *w, unsigned n)
{
	w->recent = w->turns;
	w->turns = ahead_at(w, w->out)->ts;
	for (; n > 0; n--) {
		unsigned waiting = w->in - w->out;

		if (waiting > FETCH_AHEAD && ahead_at(w, w->out + FETCH_AHEAD)->want.any)
			flow_ahead_fetch(w->flows, ahead_at(w, w->out + FETCH_AHEAD)->want.hash);
		if (waiting > 4)
			fetch_ahead(w, ahead_at(w, w->out + 4));
		if (waiting > 2)
			fetch_bytes(w, ahead_at(w, w->out + 2));
		frame_turn(w);
	}
}

void
worker_frame(void *arg, const struct frame *f)
{
	struct worker *w = arg;
	struct ahead *a = ahead_at(w, w->in++);
	bool lasting = f->lasting;

	a->num = f->num;
	a->ts = f->ts;
	a->wire_len = f->wire_len;
	a->want.any = a->cold = false;
	a->ours = !w->conf.offline || w->conf.n == 1 || decode_share(f) % w->conf.n == w->conf.index;
	if (a->ours) {
		a->n = decode_frame(w->decode, f, &a->packets);
		lasting = lasting && decode_lasts(w->decode);
		if (a->n)
			flow_ahead(w->flows, a->packets, &a->want);
	}
	if (lasting) { /* many are read, then many have their turn: the code of either stays in the cache */
		if (w->in - w->out == DECODE_AHEAD)
			turns(w, DECODE_AHEAD - FETCH_AHEAD);
	} else {
		turns(w, w->in - w->out);
	}
}

__attribute__((noinline)) void /* its instructions are counted by its name: tests/bench/instructions.py */
worker_rest(struct worker *w)
{
	turns(w, w->in - w->out);
}

void
worker_idle(struct worker *w, int64_t now)
{
	time_passes(w, now);
}

void
worker_finish(struct worker *w)
{
	w->num = UINT64_MAX - 1;
	flow_end_all(w->flows);
	w->emit.order = INT64_MAX;
	w->emit.order2 = 0;
	services_tell(w->services, &w->emit, w->second * NS_PER_S);
	__atomic_store_n(&w->progress, UINT64_MAX, __ATOMIC_RELEASE);
}

/* Frames are followed where a rule or the log asks for them. */
static void
want_frames(struct worker *w)
{
	uint32_t all[PROTOCOLS_MAX];

	memset(all, 0xff, sizeof(all));
	apps_want_frames(w->apps, w->conf.emit.log_frames ? all : ruleset_frames(w->rules), PROTOCOLS_MAX);
}

/* Lengths and kinds of bodies, or what is wrong with them, are in a log. */
static bool
tells_of_bodies(const struct emit_conf *e)
{
	return e->log_all_app || (e->log_app && e->log_app[0]) || e->log_files || e->log_frames || e->anomaly_app;
}

/* No rule asks for anything of a packet or flow, no log tells anything: what is left to do is to follow flows, and to count. */
static bool
nobody_looks(const struct worker *w)
{
	const struct emit_conf *e = &w->conf.emit;

	return detect_idle(w->detect) && !e->log_flow && !e->log_netflow && !e->log_metadata && !e->log_anomaly;
}

static void
want_files(struct worker *w)
{
	struct files_conf c = w->conf.emit.files;

	c.want |= ruleset_files(w->rules, &c.store_rules);
	c.no_looks = !ruleset_size(w->rules);
	c.no_bodies = c.no_looks && !c.want && !c.store && !tells_of_bodies(&w->conf.emit);
	c.no_rest = !c.want && !c.store && !ruleset_whole_bodies(w->rules) && !w->conf.emit.anomaly_app;
	c.no_heads = w->idle = c.no_bodies && nobody_looks(w);
	if (!w->conf.emit.content)
		c.store = c.store_all = false;
	apps_want_files(w->apps, &c);
	streams_want_raw(w->streams, !w->idle);
}

static bool
file_bytes(void *arg, const struct file *file, struct span bytes)
{
	struct worker *w = arg;

	return emit_file_bytes(&w->emit, w->flow, file->app->now, file, bytes);
}

void
worker_switch(struct worker *w, struct ruleset *rules)
{
	if (rules == w->rules)
		return;
	detect_switch(w->detect, rules);
	ruleset_unref(w->rules);
	w->rules = ruleset_ref(rules);
	w->emit.generation = ruleset_cards(rules)->generation;
	want_frames(w);
	want_files(w);
}

static void
tx_ended(void *arg, struct tx *tx)
{
	struct worker *w = arg;

	detect_tx_end(w->detect, tx);
}

static int
make_stages(struct worker *w, struct diag *d)
{
	const struct worker_conf *c = &w->conf;

	w->pool = pool_new(c->memory > POOL_SHARE_MIN ? c->memory : POOL_SHARE_MIN);
	w->ring = ring_new(c->ring_bytes);
	w->services = services_new(SERVICE_ENTRIES, c->hash_seed);
	if (!w->pool || !w->ring || !w->services)
		return E_NOMEM;
	w->decode = decode_new(&c->decode, w->cnt, c->hash_seed);
	w->flows = flow_table_new(&c->flow, sizeof(struct session), c->hash_seed, w->cnt, flow_ended, w);
	if (w->flows) {
		flow_on_syn(w->flows, begins_anew);
		flow_on_near(w->flows, flow_ends_soon);
	}
	w->streams = streams_new(&c->stream, w->pool, w->cnt);
	w->apps = apps_new(&c->apps, w->pool, w->cnt, d);
	w->detect = detect_new(w->rules, &c->detect, w->pool, w->cnt);
	if (!w->decode || !w->flows || !w->streams || !w->apps || !w->detect || sessions_init(&w->sessions, flow_cap(w->flows), w->pool) < 0)
		return E_NOMEM;
	apps_on_tx_end(w->apps, tx_ended, w);
	apps_on_file(w->apps, file_bytes, w);
	want_frames(w);
	want_files(w);
	return 0;
}

struct worker *
worker_new(const struct worker_conf *conf, struct ruleset *rules, struct counters *cnt, struct diag *d)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->conf = *conf;
	w->cnt = cnt;
	w->rules = ruleset_ref(rules);
	if (make_stages(w, d) < 0) {
		diag_error(d, "casus", 0, 0, "worker %u: not enough memory for its tables", conf->index);
		worker_free(w);
		return NULL;
	}
	w->emit = (struct emit) {
		.ring = w->ring,
		.cnt = cnt,
		.conf = &w->conf.emit,
		.detect = w->detect,
		.sessions = &w->sessions,
		.generation = ruleset_cards(rules)->generation,
		.may_wait = conf->offline,
	};
	return w;
}

void
worker_free(struct worker *w)
{
	if (!w)
		return;
	if (w->flows)
		flow_table_free(w->flows);
	if (w->detect)
		detect_free(w->detect);
	if (w->apps)
		apps_free(w->apps);
	if (w->streams)
		streams_free(w->streams);
	if (w->decode)
		decode_free(w->decode);
	sessions_clear(&w->sessions);
	services_free(w->services);
	if (w->ring)
		ring_free(w->ring);
	if (w->pool)
		pool_free(w->pool);
	ruleset_unref(w->rules);
	free(w);
}

const struct detect *
worker_detect(const struct worker *w)
{
	return w->detect;
}

struct ring *
worker_ring(struct worker *w)
{
	return w->ring;
}

uint64_t
worker_progress(const struct worker *w)
{
	return __atomic_load_n(&w->progress, __ATOMIC_ACQUIRE);
}

uint32_t
worker_flows(const struct worker *w)
{
	return flow_count(w->flows);
}

size_t
worker_memory(const struct worker *w)
{
	return pool_used(w->pool) + flow_memory(w->flows) + sessions_memory(&w->sessions);
}

void
worker_grows(struct worker *w, struct grow *out[static WORKER_GROWS])
{
	out[0] = pool_grow(w->pool);
	out[1] = &w->sessions.rests.grow;
	flow_grows(w->flows, out + 2);
}
