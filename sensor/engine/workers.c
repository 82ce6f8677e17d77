#include "engine/workers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "os/thread.h"

#define BATCH 256
#define GROW_STEPS 4 /* of one look: so much the events wait at most, 0.4 ms where memory is at hand */

struct seat {
	struct workers *all;
	struct worker *worker;
	struct capture *capture;
	struct counters cnt;
	pthread_t thread;
	struct ruleset *rules;  /* what it runs on */
	int result;
	int node;               /* atomic: where it runs */
	bool started, ended;    /* ended: atomic */
};

struct workers {
	struct workers_conf conf;
	struct seat *seat;
	unsigned n;
	struct ruleset *published; /* atomic */
	struct ruleset *retired;   /* until no worker runs on it */
	unsigned grown;            /* whose turn it is to have pages made */
	bool stop;                 /* atomic */
};

static void
take_ruleset(struct seat *s)
{
	struct ruleset *r = __atomic_load_n(&s->all->published, __ATOMIC_ACQUIRE);

	if (r == s->rules)
		return;
	worker_switch(s->worker, r);
	__atomic_store_n(&s->rules, r, __ATOMIC_RELEASE);
}

static void *
seat_main(void *arg)
{
	struct seat *s = arg;
	struct workers *ws = s->all;
	int rc;

	thread_begin("casus-worker");
	while (!__atomic_load_n(&ws->stop, __ATOMIC_RELAXED)) {
		take_ruleset(s);
		__atomic_store_n(&s->node, thread_node(), __ATOMIC_RELAXED);
		rc = capture_read(s->capture, BATCH, worker_frame, s->worker);
		worker_rest(s->worker);
		if (rc == 0)
			worker_idle(s->worker, clock_wall());
		else if (rc < 0 && rc != E_AGAIN) {
			s->result = rc == E_NOENT ? 0 : rc;
			break;
		}
	}
	worker_finish(s->worker);
	__atomic_store_n(&s->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

static int
open_seat(struct workers *ws, unsigned i, struct ruleset *rules, struct diag *d, char why[static 256])
{
	struct seat *s = &ws->seat[i];
	struct worker_conf wc = ws->conf.worker;
	struct capture_conf cc = ws->conf.capture;
	bool live = !wc.offline;
	unsigned iface = live ? i / ws->conf.n : 0;

	s->all = ws;
	s->rules = rules;
	wc.index = live ? i % ws->conf.n : i;
	wc.n = ws->conf.n;
	wc.flow.workers = ws->n;
	wc.memory /= ws->n;
	s->worker = worker_new(&wc, rules, &s->cnt, d);
	if (!s->worker)
		return E_NOMEM;
	cc.workers = ws->conf.n;
	cc.fanout_group = live && ws->conf.n > 1 ? cc.fanout_group + iface : 0;
	s->capture = capture_new(live ? &source_live : &source_file, &cc, (uint16_t) iface, &s->cnt);
	if (!s->capture)
		return E_NOMEM;
	return capture_open(s->capture, live ? ws->conf.ifaces[iface] : ws->conf.input, why);
}

struct workers *
workers_new(const struct workers_conf *conf, struct ruleset *rules, struct diag *d, int *code, char why[static 256])
{
	struct workers *ws = calloc(1, sizeof(*ws));

	*code = E_NOMEM;
	why[0] = '\0';
	if (!ws)
		return NULL;
	ws->conf = *conf;
	ws->n = conf->worker.offline ? conf->n : conf->n * conf->n_ifaces;
	ws->published = ruleset_ref(rules);
	ws->seat = aligned_alloc(64, (ws->n * sizeof(*ws->seat) + 63) / 64 * 64);
	if (!ws->seat)
		goto fail;
	memset(ws->seat, 0, ws->n * sizeof(*ws->seat));
	for (unsigned i = 0; i < ws->n; i++) {
		*code = open_seat(ws, i, rules, d, why);
		if (*code < 0)
			goto fail;
	}
	return ws;
fail:
	workers_free(ws);
	return NULL;
}

int
workers_start(struct workers *ws)
{
	for (unsigned i = 0; i < ws->n; i++) {
		struct seat *s = &ws->seat[i];
		if (pthread_create(&s->thread, NULL, seat_main, s) != 0)
			return E_NOMEM;
		s->started = true;
	}
	return 0;
}

static int
event_before(const struct event *a, const struct event *b)
{
	if (a->pcap_cnt != b->pcap_cnt)
		return a->pcap_cnt < b->pcap_cnt;
	if (a->order != b->order)
		return a->order < b->order;
	return a->order2 < b->order2;
}

/* The seat whose front comes next, or NULL while a seat without an event might still have an earlier one. */
static struct seat *
next_seat(struct workers *ws)
{
	struct seat *best = NULL;
	const struct event *first = NULL;
	uint64_t sure = UINT64_MAX;

	for (unsigned i = 0; i < ws->n; i++) {
		struct seat *s = &ws->seat[i];
		uint64_t progress = worker_progress(s->worker);
		struct span rec = ring_front(worker_ring(s->worker));

		if (rec.n == 0) {
			if (progress < sure)
				sure = progress;
			continue;
		}
		const struct event *e = (const struct event *) rec.p;
		if (!first || event_before(e, first)) {
			first = e;
			best = s;
		}
	}
	if (best && ws->conf.worker.offline && first->pcap_cnt > sure)
		return NULL;
	return best;
}

unsigned
workers_poll(struct workers *ws, unsigned max, void (*fn)(void *arg, const struct event *e), void *arg)
{
	unsigned n = 0;
	struct seat *s;

	while (n < max && (s = next_seat(ws))) {
		struct ring *r = worker_ring(s->worker);
		fn(arg, (const struct event *) ring_front(r).p);
		ring_pop(r);
		n++;
	}
	return n;
}

bool
workers_done(const struct workers *ws)
{
	for (unsigned i = 0; i < ws->n; i++)
		if (!__atomic_load_n(&ws->seat[i].ended, __ATOMIC_ACQUIRE) || ring_front(worker_ring(ws->seat[i].worker)).n)
			return false;
	return true;
}

void
workers_stop(struct workers *ws)
{
	__atomic_store_n(&ws->stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < ws->n; i++)
		capture_break(ws->seat[i].capture);
}

/* Workers take their own reference between two packets; ours on the old set is kept until all have. */
int
workers_publish(struct workers *ws, struct ruleset *rules)
{
	if (!workers_settled(ws))
		return E_AGAIN;
	ruleset_unref(ws->retired);
	ws->retired = ws->published;
	__atomic_store_n(&ws->published, ruleset_ref(rules), __ATOMIC_RELEASE);
	return 0;
}

bool
workers_settled(struct workers *ws)
{
	for (unsigned i = 0; i < ws->n; i++)
		if (__atomic_load_n(&ws->seat[i].rules, __ATOMIC_ACQUIRE) != ws->published)
			return false;
	ruleset_unref(ws->retired);
	ws->retired = NULL;
	return true;
}

void
workers_counters(struct workers *ws, struct counters *sum)
{
	for (unsigned i = 0; i < ws->n; i++) {
		capture_stats(ws->seat[i].capture);
		for (unsigned c = 0; c < COUNTER_N; c++)
			sum->v[c] += counter_get(&ws->seat[i].cnt, c);
	}
}

void
workers_profile(const struct workers *ws, struct rule_profile *sum, uint32_t n)
{
	for (unsigned i = 0; i < ws->n; i++)
		detect_profile(worker_detect(ws->seat[i].worker), sum, n);
}

int
workers_datasets_save(const struct workers *ws, const char *dir, struct diag *d)
{
	struct detect **all = calloc(ws->n, sizeof(struct detect *));
	int e = all ? 0 : E_NOMEM;

	for (unsigned i = 0; all && i < ws->n; i++)
		all[i] = (struct detect *) worker_detect(ws->seat[i].worker);
	if (all)
		e = datasets_save(all, ws->n, dir, d);
	free(all);
	return e;
}

int
workers_result(const struct workers *ws)
{
	for (unsigned i = 0; i < ws->n; i++)
		if (ws->seat[i].result)
			return ws->seat[i].result;
	return 0;
}

const char *
workers_damage(const struct workers *ws)
{
	return capture_damage(ws->seat[0].capture);
}

bool
workers_quiet(const struct workers *ws)
{
	unsigned per_iface = ws->conf.n;

	if (ws->conf.worker.offline)
		return false;
	/* A tap is silent when all workers of its interface are. */
	for (unsigned i = 0; i < ws->n; i += per_iface) {
		bool quiet = true;
		for (unsigned k = 0; k < per_iface; k++)
			quiet &= capture_is_quiet(ws->seat[i + k].capture);
		if (quiet)
			return true;
	}
	return false;
}

uint64_t
workers_memory(const struct workers *ws)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < ws->n; i++)
		n += worker_memory(ws->seat[i].worker);
	return n;
}

/* One of a worker's, by its number. Memory near to this thread is as good as any where the worker runs near to it. */
static bool
grow_one(struct seat *s, unsigned k, int here)
{
	struct grow *g[WORKER_GROWS];
	int node = __atomic_load_n(&s->node, __ATOMIC_RELAXED);

	worker_grows(s->worker, g);
	return grow_ahead(g[k], node == here ? -1 : node);
}

void
workers_grow(struct workers *ws)
{
	unsigned n = ws->n * WORKER_GROWS, at = ws->grown;
	int here = thread_node();

	for (unsigned i = 0, steps = 0; i < n && steps < GROW_STEPS; i++, at = (at + 1) % n)
		if (grow_one(&ws->seat[at / WORKER_GROWS], at % WORKER_GROWS, here)) {
			steps++;
			ws->grown = (at + 1) % n;
		}
}

unsigned
workers_count(const struct workers *ws)
{
	return ws->n;
}

uint64_t
workers_packets(const struct workers *ws, unsigned i)
{
	return i < ws->n ? counter_get(&ws->seat[i].cnt, C_CAPTURE_PACKETS) : 0;
}

uint64_t
workers_counter(const struct workers *ws, unsigned i, enum counter c)
{
	return i < ws->n ? counter_get(&ws->seat[i].cnt, c) : 0;
}

uint64_t
workers_flows(const struct workers *ws)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < ws->n; i++)
		n += worker_flows(ws->seat[i].worker);
	return n;
}

void
workers_free(struct workers *ws)
{
	if (!ws)
		return;
	for (unsigned i = 0; ws->seat && i < ws->n; i++) {
		struct seat *s = &ws->seat[i];
		if (s->started)
			pthread_join(s->thread, NULL);
		if (s->capture)
			capture_free(s->capture);
		worker_free(s->worker);
	}
	free(ws->seat);
	ruleset_unref(ws->published);
	ruleset_unref(ws->retired);
	free(ws);
}
