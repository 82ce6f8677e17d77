/*
 * app - the life of a flow above its transport: probing, parsing, gaps, ends, changes of protocol.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool.
 * Owns:      struct app, protocol states, bytes carried from one chunk to the next.
 * Not here:  what bytes look like -> probe.c   transactions -> tx.c   settings -> settings.c
 *
 * A direction is probed until a protocol is found in it or no probe is left (it gave up). The first direction to
 * find decides; the other one is still probed, since two answers that differ are worth an event, and when it
 * gives up it is taken to speak the same. Semantics and names of events follow Suricata 8's app-layer.c.
 */
#include "engine/app/inner.h"

#define FETCH_MAX 1024u /* bytes of a transaction, and of a state, that are fetched ahead */

const char *const app_flow_event_name[APP_EV_N] = {
	[APP_EV_MISMATCH_PROTOCOL] = "applayer_mismatch_protocol_both_directions",
	[APP_EV_WRONG_DIRECTION_FIRST] = "applayer_wrong_direction_first_data",
	[APP_EV_DETECT_ONE_DIRECTION_ONLY] = "applayer_detect_protocol_only_one_direction",
	[APP_EV_PROTO_DETECTION_SKIPPED] = "applayer_proto_detection_skipped",
	[APP_EV_NO_TLS_AFTER_STARTTLS] = "applayer_no_tls_after_starttls",
	[APP_EV_UNEXPECTED_PROTOCOL] = "applayer_unexpected_protocol",
};

static void
set_event(struct app *a, enum app_flow_event ev)
{
	a->events |= UINT64_C(1) << ev;
}

static void
drop_carry(struct app *a)
{
	app_drop(a, &a->carry[0]);
	app_drop(a, &a->carry[1]);
}

/* Nothing of this flow is looked at any more. */
static void
stop_all(struct app *a, enum app_state s)
{
	a->status = (uint8_t) s;
	a->stopped[0] = a->stopped[1] = true;
	drop_carry(a);
}

static void
fail(struct app *a)
{
	counter_inc(a->engine->cnt, C_APP_FAILED);
	stop_all(a, APP_FAILED);
}

/* ---- a protocol was found ---- */

static bool
begin_protocol(struct app *a, const struct protocol *p)
{
	void *state = p->state_size ? app_take(a, p->state_size) : NULL;

	if (p->state_size && !state) {
		stop_all(a, APP_STOPPED);
		return false;
	}
	a->proto = p;
	a->index = (uint8_t) protocol_index(p);
	a->state = state;
	a->status = APP_FOUND;
	counter_inc(a->engine->cnt, C_APP_FLOWS);
	if (!a->engine->of[a->index].parse || !p->feed) {
		a->stopped[0] = a->stopped[1] = true;
		drop_carry(a);
	}
	return true;
}

static void
parse_failed(struct app *a)
{
	counter_inc(a->engine->cnt, C_APP_ERRORS);
	a->stopped[0] = a->stopped[1] = true;
}

/* Puts the present protocol aside; its transactions stay until they are looked at. */
static void
change_protocol(struct app *a)
{
	struct app_past *past = app_take(a, sizeof(*past));

	a->upgrading = false;
	if (!past || ++a->upgrades > APP_UPGRADES_MAX) {
		app_give(a, past, sizeof(*past));
		stop_all(a, APP_STOPPED);
		return;
	}
	*past = (struct app_past) { a->past, a->proto, a->state, a->num };
	a->past = past;
	a->before = a->proto;
	a->proto = NULL;
	a->state = NULL;
	a->status = APP_PROBING;
	a->any = false;
	a->tx_next = 0;
	for (int dir = 0; dir < 2; dir++) {
		a->seen[dir] = NULL;
		a->refused[dir] = 0;
		a->gave_up[dir] = a->stopped[dir] = false;
	}
}

void
app_upgrade(struct app *a, const struct protocol *expected)
{
	a->upgrade = expected;
	a->upgrading = true;
}

const struct protocol *
app_spoke(const struct app *a, uint64_t num)
{
	return a->past && a->past->num == num ? a->past->proto : a->proto;
}

void
app_flush(struct app *a)
{
	a->flush = true;
}

/* ---- parsing ---- */

/* Offers bytes until they are taken or too few; returns how many are done with. */
static uint32_t
feed_span(struct app *a, int dir, struct span s)
{
	uint32_t done = 0;

	app_frames_stream(a, dir);
	while (done < s.n && !a->stopped[dir] && !a->upgrading) {
		struct span rest = span_skip(s, done);

		a->engine->offered = rest;
		int n = a->proto->feed(a, a->state, dir, rest);
		a->engine->offered = SPAN_NONE;
		if (n < 0) {
			parse_failed(a);
			return s.n;
		}
		if (n == 0)
			break;
		n = (uint32_t) n < s.n - done ? n : (int) (s.n - done);
		done += (uint32_t) n;
		a->taken[dir] += (uint32_t) n;
	}
	return a->stopped[dir] ? s.n : done;
}

/* A protocol without a probe is spoken where another one said so, and nowhere else. */
static void
begin_known(struct app *a)
{
	const struct protocol *p = a->upgrade;

	if (a->status != APP_PROBING || !p || p->probe || !app_speaks(a, p))
		return;
	a->seen[TO_SERVER] = a->seen[TO_CLIENT] = p;
	begin_protocol(a, p);
}

static void feed_any(struct app *a, int dir, struct span s);

/* What is left for the next protocol of an upgrade, of both directions. */
static void
feed_upgraded(struct app *a, int dir, struct span rest)
{
	change_protocol(a);
	begin_known(a);
	if (a->status != APP_STOPPED && rest.n)
		feed_any(a, dir, rest);
}

static void
feed_parser(struct app *a, int dir, struct span s)
{
	uint32_t max = a->proto->max_record ? a->proto->max_record : APP_RECORD_MAX;
	struct bytes *carry = &a->carry[dir];

	while (s.n && !a->stopped[dir]) {
		uint32_t had = carry->n, done, add = max > had ? max - had : 0;
		struct span in = s;

		if (had)
			in = span_head(s, add);
		if (had && (!add || app_keep(a, carry, in, max) < 0)) {
			parse_failed(a);
			break;
		}
		done = feed_span(a, dir, had ? bytes_span(carry) : in);
		if (a->upgrading) {
			struct span rest = span_skip(s, done > had ? done - had : 0);

			app_drop(a, carry);
			feed_upgraded(a, dir, rest);
			return;
		}
		if (a->stopped[dir])
			break;
		if (had) {
			bytes_drop(carry, done);
			s = span_skip(s, in.n);
			if (!done && carry->n >= max) {
				parse_failed(a);
				break;
			}
			continue;
		}
		s = span_skip(s, done);
		if (s.n && (s.n > max || app_keep(a, carry, s, max) < 0))
			parse_failed(a);
		s.n = 0;
	}
	if (a->stopped[dir] || !carry->n)
		app_drop(a, carry);
}

static void
feed_datagram(struct app *a, int dir, struct span s)
{
	int n;

	a->taken[dir] = 0;
	a->engine->offered = s;
	n = a->proto->feed(a, a->state, dir, s);
	a->engine->offered = SPAN_NONE;
	if (n < 0)
		parse_failed(a);
	if (a->upgrading)
		change_protocol(a);
}

static void
feed_found(struct app *a, int dir, struct span s)
{
	if (a->stopped[dir] || !s.n)
		return;
	if (a->transport == APP_UDP)
		feed_datagram(a, dir, s);
	else
		feed_parser(a, dir, s);
}

/* ---- probing ---- */

static void
swap_sides(struct app *a)
{
	const struct protocol *p = a->seen[0];
	struct bytes b = a->carry[0];
	uint64_t r = a->refused[0];
	bool g = a->gave_up[0], e = a->eof[0];
	uint16_t port = a->port[0];
	struct addr addr = a->addr[0];
	uint64_t t = a->taken[0];

	a->addr[0] = a->addr[1], a->addr[1] = addr;
	a->taken[0] = a->taken[1], a->taken[1] = t;
	a->seen[0] = a->seen[1], a->seen[1] = p;
	a->carry[0] = a->carry[1], a->carry[1] = b;
	a->refused[0] = a->refused[1], a->refused[1] = r;
	a->gave_up[0] = a->gave_up[1], a->gave_up[1] = g;
	a->eof[0] = a->eof[1], a->eof[1] = e;
	a->port[0] = a->port[1], a->port[1] = port;
	a->first_dir = !a->first_dir;
	a->reversed = true;
}

/* Bytes that waited for an answer go to the parser. */
static void
feed_held(struct app *a, int dir)
{
	struct bytes held = a->carry[dir];

	a->carry[dir] = (struct bytes) { NULL, 0, 0 };
	if (a->proto)
		feed_found(a, dir, bytes_span(&held));
	app_drop(a, &held);
}

static void
check_expected(struct app *a, const struct protocol *found)
{
	if (!a->upgrade || a->upgrade == found)
		return;
	if (strcmp(a->upgrade->name, "tls") == 0)
		set_event(a, APP_EV_NO_TLS_AFTER_STARTTLS);
	set_event(a, APP_EV_UNEXPECTED_PROTOCOL);
}

/* Direction dir looks like p. Whose bytes came first is parsed first. */
static void
found_in(struct app *a, int dir, const struct protocol *p)
{
	a->seen[dir] = p;
	if (a->proto) {
		if (a->proto != p) {
			counter_inc(a->engine->cnt, C_APP_MISMATCH);
			set_event(a, APP_EV_MISMATCH_PROTOCOL);
		}
		feed_held(a, dir);
		return;
	}
	check_expected(a, p);
	if (a->transport == APP_TCP && p->first_dirs && !(p->first_dirs >> a->first_dir & 1)) {
		set_event(a, APP_EV_WRONG_DIRECTION_FIRST);
		fail(a);
		return;
	}
	if (!begin_protocol(a, p))
		return;
	if (a->first_dir != dir && a->gave_up[!dir])
		feed_held(a, !dir);
	if (a->proto)
		feed_held(a, dir);
	if (a->proto && a->gave_up[!dir])
		feed_held(a, !dir);
}

/* No probe is left in dir. */
static void
gave_up_in(struct app *a, int dir)
{
	a->gave_up[dir] = true;
	if (a->proto) {
		if (a->transport == APP_TCP)
			set_event(a, APP_EV_DETECT_ONE_DIRECTION_ONLY);
		feed_held(a, dir);
		return;
	}
	if (a->transport == APP_UDP)
		app_drop(a, &a->carry[dir]);
	if (!a->gave_up[!dir])
		return;
	check_expected(a, NULL);
	fail(a);
}

/* Held bytes of dir against the probes. `last`: nothing follows. */
static void
probe_held(struct app *a, int dir, bool last)
{
	const struct protocol *found = NULL;

	switch (app_probe(a, dir, bytes_span(&a->carry[dir]), last, &found)) {
	case PROBE_REVERSED:
		if (!a->proto && !a->seen[!dir]) {
			swap_sides(a);
			dir = !dir;
		}
		found_in(a, dir, found);
		break;
	case PROBE_YES:
		found_in(a, dir, found);
		break;
	case PROBE_NO:
		gave_up_in(a, dir);
		break;
	case PROBE_MORE:
		break;
	}
}

/* Too much came of a flow that nobody knows. */
static void
hold_is_full(struct app *a)
{
	if (a->proto || a->status != APP_PROBING)
		return;
	set_event(a, APP_EV_PROTO_DETECTION_SKIPPED);
	fail(a);
}

/* The protocol of this direction is not known yet: hold what comes, within bounds. */
static void
hold_and_probe(struct app *a, int dir, struct span s)
{
	struct span part = span_head(s, APP_PROBE_HOLD - a->carry[dir].n);
	struct span rest = span_skip(s, part.n);
	bool was = a->reversed;

	if (app_keep(a, &a->carry[dir], part, APP_PROBE_HOLD) < 0) {
		hold_is_full(a);
		return;
	}
	if (!a->gave_up[dir])
		probe_held(a, dir, rest.n > 0);
	if (!rest.n)
		return;
	if (a->reversed != was)
		dir = !dir;
	if (a->proto && (a->seen[dir] || a->gave_up[dir]))
		feed_found(a, dir, rest);
	else
		hold_is_full(a);
}

/* What a peer says that no probe knows is not going to be known by a further datagram. */
static inline bool
in_vain(const struct app *a, int dir)
{
	return a->transport == APP_UDP && a->gave_up[dir] && !a->proto;
}

static void
feed_any(struct app *a, int dir, struct span s)
{
	if (!a->any) {
		a->any = true;
		a->first_dir = (uint8_t) dir;
	}
	if (a->proto && (a->seen[dir] || a->gave_up[dir]))
		feed_found(a, dir, s);
	else if (!a->stopped[dir])
		hold_and_probe(a, dir, s);
}

/* ---- what the worker calls ---- */

/* A flow that was announced speaks what was said. */
static void
begin_expected(struct app *a)
{
	const struct app_expected *x = app_expect_take(a);

	if (x && begin_protocol(a, a->seen[0]) && a->proto->expected)
		a->proto->expected(a, a->state, span_of(x->note, x->note_n));
}

static struct app *
app_new(struct apps *e, const struct packet *p)
{
	struct app *a = pool_ztake(e->pool, sizeof(*a));
	bool to_server = p->dir == TO_SERVER;

	if (!a) {
		counter_inc(e->cnt, C_APP_NOMEM);
		return NULL;
	}
	a->engine = e;
	a->asked = &e->files;
	a->transport = p->proto == 17 ? APP_UDP : APP_TCP;
	a->port[TO_SERVER] = to_server ? p->sport : p->dport;
	a->port[TO_CLIENT] = to_server ? p->dport : p->sport;
	a->addr[TO_SERVER] = to_server ? p->src : p->dst;
	a->addr[TO_CLIENT] = to_server ? p->dst : p->src;
	a->midstream = p->flags & PACKET_MIDSTREAM;
	a->one_sided = p->flags & PACKET_ONE_SIDED;
	a->now = p->ts;
	begin_expected(a);
	return a;
}

/* A shared struct has no place for what comes; it stays at the pool's ceiling. */
static struct app *
app_unshare(struct apps *e, struct app *shared, const struct packet *p)
{
	struct app *a = app_new(e, p);

	if (!a)
		return shared;
	a->any = true;
	a->first_dir = shared->first_dir;
	memcpy(a->gave_up, shared->gave_up, sizeof(a->gave_up));
	app_clear(e, &shared);
	return a;
}

/* Will bytes of that direction be looked at? */
static inline bool
listens(const struct app *a, int dir)
{
	return !a->eof[dir] && a->status != APP_FAILED && a->status != APP_STOPPED && !in_vain(a, dir);
}

/* A struct of the flow's own, with its first bytes or gap. */
static __attribute__((noinline)) struct app *
app_begin(struct apps *e, struct app **a, const struct packet *p)
{
	*a = *a ? app_unshare(e, *a, p) : app_new(e, p);
	return *a && !(*a)->shared ? *a : NULL;
}

/* It, told what packet is at hand. */
static inline struct app *
app_at(struct apps *e, struct app **at, const struct packet *p)
{
	struct app *a = *at && !(*at)->shared ? *at : app_begin(e, at, p);

	if (a) {
		a->now = p->ts;
		a->num = p->num;
	}
	return a;
}

void
app_feed(struct apps *e, struct app **at, int dir, struct span bytes, const struct packet *p, struct event_facts *facts)
{
	struct app *a;

	if (!bytes.n || (*at && (*at)->shared && !listens(*at, dir)) || !(a = app_at(e, at, p)))
		return;
	a->facts = facts;
	if (listens(a, dir))
		feed_any(a, dir, bytes);
}

uint64_t
app_passes_over(const struct app *a, int dir)
{
	if (!a)
		return 0;
	if (!listens(a, dir) || (a->stopped[dir] && a->stopped[!dir]))
		return UINT64_MAX;
	if (a->stopped[dir]) /* the other direction may still change the protocol, and then this one is looked at again */
		return 0;
	if (a->shared || !a->proto || !a->proto->passes_over || a->carry[dir].n || !(a->seen[dir] || a->gave_up[dir]))
		return 0;
	return a->proto->passes_over(a->state, dir);
}

/* A gap where the protocol of the direction is not known yet. false: nothing more to do. */
static bool
gap_in_probing(struct app *a, int dir)
{
	a->gave_up[dir] = true;
	feed_held(a, dir);
	if (a->proto)
		return true;
	a->stopped[dir] = true;
	if (a->gave_up[!dir])
		fail(a);
	return false;
}

void
app_gap(struct apps *e, struct app **at, int dir, uint32_t n, const struct packet *p)
{
	struct app *a = *at && (*at)->shared ? NULL : app_at(e, at, p);
	uint32_t lost;

	if (!a || a->stopped[dir] || a->eof[dir])
		return;
	counter_inc(e->cnt, C_APP_GAPS);
	if ((!a->proto || (!a->seen[dir] && !a->gave_up[dir])) && !gap_in_probing(a, dir))
		return;
	lost = a->carry[dir].n + n;
	app_drop(a, &a->carry[dir]);
	app_frames_stream(a, dir);
	if (a->upgrading || !a->proto->gap || a->proto->gap(a, a->state, dir, lost) < 0)
		a->stopped[dir] = true;
	a->taken[dir] += lost;
}

void
app_eof(struct apps *e, struct app *a, int dir)
{
	bool was;

	if (!a || a->eof[dir] || a->shared)
		return;
	was = a->reversed;
	if (a->status != APP_FAILED && a->status != APP_STOPPED && !a->seen[dir] && !a->gave_up[dir] && a->carry[dir].n)
		probe_held(a, dir, true);
	if (a->reversed != was) /* found only now, and the other way round */
		dir = !dir;
	a->eof[dir] = true;
	if (a->proto && !a->stopped[dir] && a->proto->eof)
		a->proto->eof(a, a->state, dir);
	if (a->proto || a->gave_up[dir])
		app_drop(a, &a->carry[dir]);
}

void
app_encrypted(struct app *a)
{
	uint8_t how = a->engine->of[a->index].encryption;

	a->no_payload |= how != ENCRYPTION_FULL;
	a->bypass |= how == ENCRYPTION_BYPASS;
}

static void
clear_state_of(struct app *a, const struct protocol *p, void *state)
{
	if (p && p->clear && state)
		p->clear(a, state);
	if (p)
		app_give(a, state, p->state_size);
}

void
app_clear_state(struct app *a)
{
	clear_state_of(a, a->proto, a->state);
	a->state = NULL;
	while (a->past) {
		struct app_past *past = a->past;

		a->past = past->next;
		clear_state_of(a, past->proto, past->state);
		app_give(a, past, sizeof(*past));
	}
	drop_carry(a);
	for (int dir = 0; dir < 2; dir++)
		app_frames_clear(a, dir);
}

void
app_fetch(const struct app *a)
{
	fetch(a, sizeof(*a));
}

void
app_fetch_tx(const struct app *a)
{
	const struct protocol *p = a->proto;

	if (!p)
		return;
	if (a->first)
		fetch(a->first, p->tx_size < FETCH_MAX ? p->tx_size : FETCH_MAX);
	if (a->state)
		fetch(a->state, p->state_size < FETCH_MAX ? p->state_size : FETCH_MAX);
}

void
app_clear(struct apps *e, struct app **at)
{
	struct app *a = *at;

	*at = NULL;
	if (!a || app_share_drop(a))
		return;
	while (a->first)
		app_tx_free(a, a->first);
	app_clear_state(a);
	pool_give(e->pool, a, sizeof(*a));
}

const char *
app_name(const struct app *a)
{
	if (!a)
		return NULL;
	if (a->proto)
		return a->proto->name;
	/* of datagrams that nobody answers, what no probe knows is not going to be known */
	return a->status == APP_FAILED || (a->transport == APP_UDP && (a->gave_up[0] || a->gave_up[1])) ? "failed" : NULL;
}

const char *
app_name_dir(const struct app *a, int dir)
{
	if (!a)
		return NULL;
	if (a->seen[dir])
		return a->seen[dir]->name;
	if (a->gave_up[dir] && a->proto)
		return a->proto->name;
	return a->gave_up[dir] || a->status == APP_FAILED ? "failed" : NULL;
}
