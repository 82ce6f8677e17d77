/*
 * redis - the journal, in order and without gaps, as Redis streams: see casus-redis(7).
 *
 * On each connection it becomes the writer, asks for the streams' last ids and goes on in the journal right behind them. One
 * transaction is under way at a time: were a refused one followed by an accepted one, its records could never be added any more.
 * The next one is made meanwhile.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/prom.h"
#include "pipeline/output/redis_auth.h"
#include "pipeline/output/redis_batch.h"
#include "pipeline/output/redis_link.h"
#include "pipeline/output/redis_tls.h"
#include "pipeline/output/sink.h"

#define BATCH_BYTES (4U << 20)
#define STATE_EVERY_S 5

enum phase { AWAY, GREETING, READY, CONFLICT };
enum expect { EXPECT_AUTH, EXPECT_WRITER, EXPECT_FORGET, EXPECT_ALERTS, EXPECT_STATS, EXPECT_LAST_ALERT, EXPECT_LAST_STATS,
	EXPECT_BATCH, EXPECT_FIRST, EXPECT_STATE };
#define EXPECT_MAX 12

struct redis {
	const struct sink_env *env;
	struct redis_names names;
	struct redis_link *link;
	struct redis_tls *tls;           /* NULL: plain */
	struct journal_cursor *cursor;
	struct redis_batch next, sent;   /* being made; under way (or empty) */
	struct event *flush, *state_timer;
	char password[REDIS_PASSWORD_MAX];
	enum phase phase;
	enum expect expect[EXPECT_MAX]; /* answers under way, oldest first; a batch stands once */
	unsigned n_expect;
	struct redis_id last_alerts, last_stats; /* in Redis when we connected */
	uint64_t last_seq;               /* of the newest entry in Redis when we connected; 0 = of another epoch, or none */
	uint64_t connection;             /* number of this connection: what the writer key holds */
	uint64_t read_seq, acked;
	uint64_t first_seq, state_seq, state_told;
	uint64_t records, errors;
	int64_t sent_at;                 /* clock_monotonic(), of the batch under way */
	struct prom_histogram roundtrip;
	unsigned aside;
	bool forgotten, flush_due, finishing, state_under_way, told_away;
	bool met;                        /* in this run it was seen once where Redis stands */
	bool resumed;                    /* nothing of the journal was read on this connection yet */
};

static void gather(struct redis *s);

static uint64_t
last_seq(const struct redis *s)
{
	return journal_next_seq(s->env->journal) - 1;
}

static void
ask(struct redis *s, enum expect what, const struct span *args, unsigned n)
{
	if (s->n_expect == EXPECT_MAX || redis_link_command(s->link, args, n) < 0) {
		redis_link_fail(s->link, "cannot send");
		return;
	}
	s->expect[s->n_expect++] = what;
}

static void
ask_info(struct redis *s, enum expect what, const char *tail)
{
	char key[REDIS_KEY_MAX];
	struct span args[3] = { SPAN_LIT("XINFO"), SPAN_LIT("STREAM"), SPAN_NONE };

	redis_key(key, &s->names, s->names.sensor, tail);
	args[2] = span_str(key);
	ask(s, what, args, 3);
}

/* A replay owns its keys: what the last one of this name left goes first, once a run. */
static void
ask_forget(struct redis *s)
{
	static const char *const tails[] = { "alerts", "stats", "state" };
	char keys[3][REDIS_KEY_MAX];
	struct span args[4] = { SPAN_LIT("DEL") };

	for (int i = 0; i < 3; i++) {
		redis_key(keys[i], &s->names, s->names.sensor, tails[i]);
		args[i + 1] = span_str(keys[i]);
	}
	ask(s, EXPECT_FORGET, args, 4);
}

static void
greet(struct redis *s)
{
	if (s->names.fresh && !s->forgotten)
		ask_forget(s);
	else
		ask_info(s, EXPECT_ALERTS, "alerts");
}

/* From here on no other connection's transaction of this sensor goes through, until it does the same. */
static void
become_writer(struct redis *s)
{
	char key[REDIS_KEY_MAX], text[64];
	struct span set[3] = { SPAN_LIT("SET"), SPAN_NONE, SPAN_NONE }, watch[2] = { SPAN_LIT("WATCH"), SPAN_NONE };

	redis_key(key, &s->names, s->names.sensor, REDIS_WRITER);
	set[1] = watch[1] = span_str(key);
	set[2] = span_of(text, (size_t) snprintf(text, sizeof text, "%d-%llu", (int) getpid(), (unsigned long long) ++s->connection));
	ask(s, EXPECT_WRITER, set, 3);
	if (s->phase == GREETING)
		ask(s, EXPECT_WRITER, watch, 2);
}

/* The newest entry of a stream: which of our records is it? */
static void
ask_last(struct redis *s, enum expect what, const char *tail)
{
	char key[REDIS_KEY_MAX];
	struct span args[6] = { SPAN_LIT("XREVRANGE"), SPAN_NONE, SPAN_LIT("+"), SPAN_LIT("-"), SPAN_LIT("COUNT"),
		SPAN_LIT("1") };

	redis_key(key, &s->names, s->names.sensor, tail);
	args[1] = span_str(key);
	ask(s, what, args, 6);
}

static void
on_up(void *arg)
{
	struct redis *s = arg;
	struct span args[REDIS_AUTH_ARGS];

	s->phase = GREETING;
	s->n_expect = 0;
	counter_inc(s->env->cnt, C_REDIS_CONNECTS);
	if (!s->password[0]) {
		become_writer(s);
		return;
	}
	ask(s, EXPECT_AUTH, args, redis_auth(args, s->env->conf, s->password));
}

static void
on_down(void *arg, const char *why)
{
	struct redis *s = arg;

	s->phase = AWAY;
	s->n_expect = 0;
	s->state_under_way = false;
	redis_batch_reset(&s->next);
	redis_batch_reset(&s->sent);
	s->flush_due = false;
	evtimer_del(s->flush);
	if (s->told_away)
		log_debug("redis", "still away: %s", why);
	else
		log_warning("redis", "away: %s; %llu records wait in the journal", why,
		    (unsigned long long) (last_seq(s) - s->acked));
	s->told_away = true;
}

static void
conflict(struct redis *s, struct redis_id theirs)
{
	log_error("redis",
	    "stream of sensor \"%s\" has id %llu-%u, newer than the journal's last: someone else writes with this sensor id, "
	    "or the journal was taken away; sending stops",
	    s->names.sensor, (unsigned long long) theirs.ms, theirs.n);
	s->phase = CONFLICT;
	counter_inc(s->env->cnt, C_REDIS_CONFLICTS);
	redis_link_stop(s->link);
}

/* Right behind what Redis has. */
static void
resume(struct redis *s)
{
	struct redis_id newest = redis_id_cmp(s->last_alerts, s->last_stats) > 0 ? s->last_alerts : s->last_stats;
	struct redis_id from = s->last_alerts, own;

	journal_last_id(s->env->journal, &own.ms, &own.n);
	if (s->met ? redis_id_cmp(newest, own) > 0 : journal_go_behind(s->env->journal, newest.ms, newest.n) < 0) {
		conflict(s, newest);
		return;
	}
	s->met = true;
	if ((s->last_stats.ms || s->last_stats.n) && redis_id_cmp(s->last_stats, from) < 0)
		from = s->last_stats;
	journal_seek_id(s->cursor, from.ms, from.n);
	s->phase = READY;
	s->resumed = true;
	redis_batch_reset(&s->next);
	redis_batch_reset(&s->sent);
	if (s->told_away)
		log_notice("redis", "connected");
	s->told_away = false;
	s->state_told = UINT64_MAX;
	gather(s);
}

static bool
is_there(const struct redis *s, const struct journal_record *r)
{
	struct redis_id id = { r->ms, r->n };

	return redis_id_cmp(id, span_eq(r->type, SPAN_LIT("stats")) ? s->last_stats : s->last_alerts) <= 0;
}

static void
send_batch(struct redis *s)
{
	struct redis_batch empty = s->sent;

	evtimer_del(s->flush);
	s->flush_due = false;
	if (redis_batch_close(&s->next, &s->names) < 0) {
		redis_link_fail(s->link, "no memory");
		return;
	}
	if (s->n_expect == EXPECT_MAX || redis_link_send(s->link, s->next.commands, s->next.replies) < 0) {
		redis_link_fail(s->link, "cannot send");
		return;
	}
	s->sent = s->next;
	s->next = empty;
	s->expect[s->n_expect++] = EXPECT_BATCH;
	s->sent_at = clock_monotonic();
}

static bool
batch_is_full(const struct redis *s)
{
	return s->next.records >= s->env->conf->redis_batch || evbuffer_get_length(s->next.commands) >= BATCH_BYTES;
}

static int
add(struct redis *s, const struct journal_record *r)
{
	int rc = redis_batch_add(&s->next, &s->names, r);

	if (rc < 0)
		redis_link_fail(s->link, "no memory for a batch");
	return rc;
}

/* The first record behind what Redis has: from here on it is needed. When records in between are gone from the journal,
 * Redis was set back to before the journal's oldest. */
static void
resumed_at(struct redis *s, uint64_t seq)
{
	s->resumed = false;
	s->acked = seq - 1;
	if (!s->last_seq || seq <= s->last_seq + 1)
		return;
	log_error("redis", "records %llu to %llu are missing in Redis and no longer in the journal: it was set back too far",
	    (unsigned long long) s->last_seq + 1, (unsigned long long) seq - 1);
	counter_add(s->env->cnt, C_REDIS_LOST, seq - 1 - s->last_seq);
}

/* More of the journal into the batch; sent when it is full or has waited long enough. */
static void
gather(struct redis *s)
{
	const struct output_conf *c = s->env->conf;
	struct timeval tv = { c->redis_flush_after / NS_PER_S, c->redis_flush_after % NS_PER_S / NS_PER_US };
	struct journal_record r;
	int rc = 1;

	if (s->phase != READY)
		return;
	while (!batch_is_full(s) && (rc = journal_read(s->cursor, &r)) == 1) {
		if (s->resumed)
			resumed_at(s, r.seq);
		s->read_seq = r.seq;
		if (!is_there(s, &r) && add(s, &r) < 0)
			return;
	}
	if (rc < 0 && !s->next.records && !s->sent.closed)
		return; /* the disk: what is not read is not there */
	if (s->resumed) /* it has all that is written */
		s->acked = journal_written_seq(s->env->journal);
	else if (!s->next.records && !s->sent.closed)
		s->acked = s->read_seq > s->acked ? s->read_seq : s->acked;
	else if (s->next.records && !s->sent.closed && (batch_is_full(s) || s->flush_due || s->finishing))
		send_batch(s);
	else if (s->next.records && !s->flush_due && !evtimer_pending(s->flush, NULL))
		evtimer_add(s->flush, &tv);
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct redis *s = arg;

	s->flush_due = true; /* until it is sent, which may be once the one under way is answered */
	gather(s);
}

/* The state key: first what the stream's oldest entry is, then the hash. */
static void
state_ask(struct redis *s)
{
	char key[REDIS_KEY_MAX];
	struct span args[6] = { SPAN_LIT("XRANGE"), SPAN_NONE, SPAN_LIT("-"), SPAN_LIT("+"), SPAN_LIT("COUNT"),
		SPAN_LIT("1") };

	if (s->phase != READY || s->state_under_way)
		return;
	redis_key(key, &s->names, s->names.sensor, "alerts");
	args[1] = span_str(key);
	s->state_under_way = true;
	ask(s, EXPECT_FIRST, args, 6);
}

static void
on_state(evutil_socket_t fd, short what, void *arg)
{
	state_ask(arg);
}

#define STATE_ARGS 48
struct fields {
	struct span args[STATE_ARGS];
	unsigned n;
	char text[16][24];
	unsigned texts;
};

static void
field(struct fields *f, const char *name, struct span value)
{
	if (f->n + 2 > STATE_ARGS)
		return;
	f->args[f->n++] = span_str(name);
	f->args[f->n++] = value;
}

static void
field_u64(struct fields *f, const char *name, uint64_t v)
{
	char *text = f->text[f->texts++];

	field(f, name, span_of(text, (size_t) snprintf(text, sizeof f->text[0], "%llu", (unsigned long long) v)));
}

static void
field_facts(struct fields *f, struct span pairs)
{
	const char *p = (const char *) pairs.p, *end = p + pairs.n;

	while (p && p < end) {
		const char *value = p + strlen(p) + 1;
		field(f, p, span_str(value));
		p = value + strlen(value) + 1;
	}
}

static void
state_write(struct redis *s)
{
	char key[REDIS_KEY_MAX];
	struct fields f = { .n = 2 };
	struct journal_status j;

	journal_status(s->env->journal, &j);
	redis_key(key, &s->names, s->names.sensor, "state");
	f.args[0] = SPAN_LIT("HSET");
	f.args[1] = span_str(key);
	field(&f, "contract", SPAN_LIT("1"));
	field(&f, "sensor", span_str(s->names.sensor));
	field(&f, "epoch", span_str(journal_epoch(s->env->journal)));
	field_u64(&f, "first_seq", s->first_seq);
	field_u64(&f, "last_seq", s->acked);
	field_u64(&f, "journal_first_seq", j.first_seq);
	field_u64(&f, "journal_backlog", last_seq(s) - s->acked);
	field_u64(&f, "drops", j.refused);
	field_u64(&f, "ms", (uint64_t) (clock_now(s->env->clock) / NS_PER_MS));
	field_facts(&f, s->env->facts);
	s->state_seq = s->acked;
	ask(s, EXPECT_STATE, f.args, f.n);
}

static void
batch_answer(struct redis *s, const redisReply *r)
{
	unsigned aside = 0;
	int rc = redis_batch_reply(&s->sent, r, &aside);

	if (aside) {
		s->aside += aside;
		log_error("redis", "%u commands on incident keys or the notify channel were refused: %s", aside, s->sent.why);
	}
	if (rc == 0) { /* more to come: it stays the oldest */
		memmove(s->expect + 1, s->expect, s->n_expect * sizeof s->expect[0]);
		s->expect[0] = EXPECT_BATCH;
		s->n_expect++;
		return;
	}
	if (rc < 0) {
		s->errors++;
		counter_inc(s->env->cnt, C_REDIS_ERRORS);
		redis_link_fail(s->link, rc == E_AGAIN ? s->sent.why : rc == E_EXIST ? "another connection writes for this sensor" :
		    "an answer that fits no transaction");
		return;
	}
	prom_observe(&s->roundtrip, clock_monotonic() - s->sent_at);
	s->records += s->sent.records;
	counter_add(s->env->cnt, C_REDIS_RECORDS, s->sent.records);
	s->acked = s->sent.last_seq;
	redis_batch_reset(&s->sent);
	redis_link_settled(s->link);
	gather(s);
}

static void
info_answer(struct redis *s, enum expect what, const redisReply *r)
{
	if (redis_last_id(r, what == EXPECT_ALERTS ? &s->last_alerts : &s->last_stats) < 0)
		redis_link_fail(s->link, r->type == REDIS_REPLY_ERROR ? r->str : "no answer to XINFO STREAM");
	else if (what == EXPECT_ALERTS)
		ask_info(s, EXPECT_STATS, "stats");
	else
		ask_last(s, EXPECT_LAST_ALERT, "alerts");
}

/* A user who may not look (an error) delivers all the same; only the hole in front would not be told. */
static void
last_answer(struct redis *s, enum expect what, const redisReply *r)
{
	uint64_t seq = redis_first_seq(r, journal_epoch(s->env->journal));

	s->last_seq = what == EXPECT_LAST_ALERT || seq > s->last_seq ? seq : s->last_seq;
	if (what == EXPECT_LAST_ALERT)
		ask_last(s, EXPECT_LAST_STATS, "stats");
	else
		resume(s);
}

/* The state key is news, not cargo: delivery goes on without it. */
static void
state_refused(struct redis *s, const redisReply *r)
{
	if (r->type != REDIS_REPLY_ERROR)
		return;
	s->aside++;
	log_warning("redis", "the state key was refused: %.120s", r->str);
}

static void
on_reply(void *arg, const redisReply *r)
{
	struct redis *s = arg;
	enum expect what;
	bool error = r->type == REDIS_REPLY_ERROR;

	if (!s->n_expect) {
		redis_link_fail(s->link, "an answer nobody asked for");
		return;
	}
	what = s->expect[0];
	memmove(s->expect, s->expect + 1, --s->n_expect * sizeof s->expect[0]);
	if (error && (what == EXPECT_AUTH || what == EXPECT_WRITER || what == EXPECT_FORGET)) {
		s->errors++;
		redis_link_fail(s->link, r->str);
		return;
	}
	switch (what) {
	case EXPECT_AUTH:
		become_writer(s);
		break;
	case EXPECT_WRITER:
		if (!s->n_expect)
			greet(s);
		break;
	case EXPECT_FORGET:
		s->forgotten = true;
		greet(s);
		break;
	case EXPECT_ALERTS:
	case EXPECT_STATS:
		info_answer(s, what, r);
		break;
	case EXPECT_LAST_ALERT:
	case EXPECT_LAST_STATS:
		last_answer(s, what, r);
		break;
	case EXPECT_BATCH:
		batch_answer(s, r);
		break;
	case EXPECT_FIRST:
		s->first_seq = redis_first_seq(r, journal_epoch(s->env->journal)); /* 0 when it may not look */
		state_write(s);
		break;
	case EXPECT_STATE:
		s->state_told = s->state_seq;
		s->state_under_way = false;
		state_refused(s, r);
		break;
	}
}

static void
redis_close(void *self)
{
	struct redis *s = self;

	if (s->flush)
		event_free(s->flush);
	if (s->state_timer)
		event_free(s->state_timer);
	redis_link_free(s->link);
	redis_tls_free(s->tls);
	journal_cursor_free(s->cursor);
	redis_batch_clear(&s->next);
	redis_batch_clear(&s->sent);
	explicit_bzero(s->password, sizeof s->password);
	free(s);
}

static int
parts_make(struct redis *s)
{
	const struct output_conf *c = s->env->conf;
	struct redis_link_conf lc = { .loop = s->env->loop, .socket = c->redis_socket, .host = c->redis_host,
		.port = (uint16_t) c->redis_port, .tls = s->tls, .timeout = c->redis_timeout,
		.connect_timeout = c->redis_connect_timeout,
		.seed = hash_bytes(c->sensor, strlen(c->sensor), 1), .arg = s, .up = on_up, .reply = on_reply, .down = on_down };
	struct timeval every = { STATE_EVERY_S, 0 };

	s->flush = evtimer_new(s->env->loop, on_flush, s);
	s->state_timer = event_new(s->env->loop, -1, EV_PERSIST, on_state, s);
	s->cursor = journal_cursor_new(s->env->journal);
	s->link = redis_link_new(&lc);
	if (!s->flush || !s->state_timer || !s->cursor || !s->link || redis_batch_init(&s->next) < 0 ||
	    redis_batch_init(&s->sent) < 0)
		return E_NOMEM;
	return event_add(s->state_timer, &every);
}

static void *
redis_open(const struct sink_env *env, struct diag *d)
{
	const struct output_conf *c = env->conf;
	struct redis *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->env = env;
	s->names = (struct redis_names) { .prefix = c->redis_prefix, .sensor = c->sensor, .maxlen = c->redis_maxlen,
		.fresh = c->fresh_journal };
	s->read_seq = s->acked = journal_first_seq(env->journal) - 1;
	s->state_told = UINT64_MAX;
	if (!env->loop)
		diag_error(d, "redis", 0, 0, "needs an event loop");
	else if (strlen(c->redis_prefix) > 64)
		diag_error(d, "redis.prefix", 0, 0, "is too long; expected at most 64 bytes");
	else if (c->fresh_journal && strncmp(c->sensor, "replay-", 7) != 0)
		diag_error(d, "sensor", 0, 0, "\"%s\": a replay writes to Redis only as replay-<name>, never as a live sensor",
		    c->sensor);
	else if (redis_password(s->password, c, d) == 0 && (!c->redis_tls || (s->tls = redis_tls_new(c, d))) && parts_make(s) == 0) {
		redis_link_start(s->link);
		return s;
	}
	redis_close(s);
	return NULL;
}

static void
redis_turn(void *self)
{
	gather(self);
}

/* Also after a conflict: the operator has mended it. */
static void
redis_reopen(void *self)
{
	struct redis *s = self;

	if (s->phase == CONFLICT) {
		s->phase = AWAY;
		redis_link_start(s->link);
	}
}

static bool
redis_drained(const void *self)
{
	const struct redis *s = self;

	return s->acked == last_seq(s) && s->state_told == s->acked;
}

static void
redis_finish(void *self)
{
	struct redis *s = self;

	s->finishing = true;
	gather(s);
	s->finishing = false;
	if (s->phase == READY && s->acked == last_seq(s) && s->state_told != s->acked)
		state_ask(s);
}

static uint64_t
redis_acked(const void *self)
{
	return ((const struct redis *) self)->acked;
}

static void
redis_status(const void *self, struct json *j)
{
	static const char *const phases[] = { "away", "greeting", "connected", "conflict" };
	const struct redis *s = self;

	json_bool(j, "connected", s->phase == READY);
	json_str(j, "state", phases[s->phase]);
	json_u64(j, "written", s->records);
	json_u64(j, "backlog", last_seq(s) - s->acked);
	json_u64(j, "acked_seq", s->acked);
	json_u64(j, "errors", s->errors);
	json_u64(j, "refused_aside", s->aside);
}

static void
redis_metrics(const void *self, struct buf *b)
{
	const struct redis *s = self;

	prom_head(b, "casus_redis_connected", PROM_GAUGE, "1: connected and delivering.");
	prom_u64(b, "casus_redis_connected", NULL, s->phase == READY);
	prom_head(b, "casus_redis_backlog", PROM_GAUGE, "Records of the journal that Redis has not confirmed.");
	prom_u64(b, "casus_redis_backlog", NULL, last_seq(s) - s->acked);
	prom_head(b, "casus_redis_conflicts_total", PROM_COUNTER, "Times that another writer with this sensor id was found.");
	prom_u64(b, "casus_redis_conflicts_total", NULL, counter_get(s->env->cnt, C_REDIS_CONFLICTS));
	prom_histogram(b, "casus_redis_roundtrip_seconds", "Time from sending a batch to its last answer.", &s->roundtrip);
}

const struct sink sink_redis = {
	.name = "redis",
	.help = "Redis streams, incident keys and a state hash",
	.wanted = redis_wanted,
	.open = redis_open,
	.turn = redis_turn,
	.reopen = redis_reopen,
	.drained = redis_drained,
	.finish = redis_finish,
	.acked = redis_acked,
	.status = redis_status,
	.metrics = redis_metrics,
	.close = redis_close,
};
