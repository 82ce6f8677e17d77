#include "pipeline/output/output.h"

#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/prom.h"
#include "pipeline/output/sink.h"

#define SINKS_MAX 8
#define FACTS_MAX 4096
#define SENSOR_MAX 32
#define REPLAY_FLUSH_US 100000

enum compress { COMPRESS_NEVER, COMPRESS_LIVE, COMPRESS_ALWAYS }; /* journal.compress */

struct output {
	struct output_conf conf;
	char journal_dir[PATH_MAX];
	struct sink_env env;
	struct journal *journal;
	const struct sink *sink[SINKS_MAX];
	void *self[SINKS_MAX];
	unsigned n;
	struct event *turn;
	bool turn_pending;
	struct buf hosts;  /* of one record, little-endian */
	struct buf facts;  /* name NUL value NUL ... */
};

static bool
sensor_is_valid(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	return n >= 1 && n <= SENSOR_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct output *o = arg;

	o->turn_pending = false;
	output_flush(o);
}

/* A sink that is not handed its records takes them from the journal. */
static bool
is_read(const struct output_conf *conf)
{
	for (unsigned i = 0; i < sink_table_n; i++) {
		if (!sink_table[i]->record && sink_table[i]->wanted(conf))
			return true;
	}
	return false;
}

static int
journal_begin(struct output *o, struct diag *d)
{
	struct journal_conf jc = { .sensor = o->conf.sensor, .segment_bytes = o->conf.journal_segment_bytes,
		.max_bytes = o->conf.journal_max_bytes, .max_age = o->conf.journal_max_age, .on_full = o->conf.journal_on_full,
		.sync = o->conf.journal_sync, .fresh = o->conf.fresh_journal, .sign_key = o->conf.journal_sign_key,
		.alarm_at = o->conf.journal_alarm_at,
		.pack = o->conf.journal_compress == COMPRESS_ALWAYS ||
		    (o->conf.journal_compress == COMPRESS_LIVE && !o->conf.fresh_journal) };

	if (o->conf.journal_dir && *o->conf.journal_dir)
		snprintf(o->journal_dir, sizeof o->journal_dir, "%s", o->conf.journal_dir);
	else
		snprintf(o->journal_dir, sizeof o->journal_dir, "%s/journal", o->conf.dir);
	jc.dir = o->journal_dir;
	jc.once = !jc.pack && !is_read(&o->conf);
	if (jc.segment_bytes > jc.max_bytes / 4) /* so that trimming can follow the cap */
		jc.segment_bytes = jc.max_bytes / 4;
	o->journal = journal_open(&jc, o->env.clock, o->env.cnt, d);
	return o->journal ? 0 : E_IO;
}

static int
sinks_begin(struct output *o, struct diag *d)
{
	for (unsigned i = 0; i < sink_table_n; i++) {
		const struct sink *s = sink_table[i];
		if (!s->wanted(&o->conf))
			continue;
		if (o->n == SINKS_MAX)
			return E_LIMIT;
		o->self[o->n] = s->open(&o->env, d);
		if (!o->self[o->n])
			return E_IO;
		o->sink[o->n++] = s;
	}
	return 0;
}

struct output *
output_new(const struct output_conf *conf, struct event_base *loop, const struct clock *clock, struct counters *cnt,
    struct diag *d)
{
	struct output *o = calloc(1, sizeof *o);

	if (!o)
		return NULL;
	o->conf = *conf;
	o->env = (struct sink_env) { .conf = &o->conf, .loop = loop, .clock = clock, .cnt = cnt };
	buf_init(&o->hosts, 8U << 20);
	buf_init(&o->facts, FACTS_MAX);
	if (!sensor_is_valid(conf->sensor)) {
		diag_error(d, "sensor", 0, 0, "\"%s\" is no sensor id; expected 1 to 32 of a-z, 0-9 and -",
		    conf->sensor ? conf->sensor : "");
		goto fail;
	}
	if (journal_begin(o, d) < 0)
		goto fail;
	o->env.journal = o->journal;
	if (sinks_begin(o, d) < 0)
		goto fail;
	if (loop) {
		o->turn = event_new(loop, -1, 0, on_turn, o);
		if (!o->turn)
			goto fail;
	}
	output_flush(o);
	return o;
fail:
	if (!d->errors)
		diag_error(d, conf->dir, 0, 0, "the outputs cannot be opened");
	output_free(o);
	return NULL;
}

uint64_t
output_next_seq(const struct output *o)
{
	return journal_next_seq(o->journal);
}

const char *
output_epoch(const struct output *o)
{
	return journal_epoch(o->journal);
}

/* A flush at the end of this turn of the loop; in a replay, which nobody waits for record by record, a moment later. */
static void
turn_ask(struct output *o)
{
	static const struct timeval moment = { 0, REPLAY_FLUSH_US };

	if (!o->turn || o->turn_pending)
		return;
	o->turn_pending = true;
	if (!o->conf.fresh_journal || event_add(o->turn, &moment) < 0)
		event_active(o->turn, EV_TIMEOUT, 0);
}

static struct span
hosts_of(struct output *o, const struct output_record *r)
{
	uint8_t b[8];

	buf_reset(&o->hosts);
	for (uint32_t i = 0; i < r->n_hosts; i++) {
		for (int k = 0; k < 8; k++)
			b[k] = (uint8_t) (r->hosts[i] >> 8 * k);
		if (buf_add(&o->hosts, b, sizeof b) < 0)
			break;
	}
	return span_of(o->hosts.p, o->hosts.n);
}

static void
acknowledge(struct output *o)
{
	uint64_t acked = UINT64_MAX;

	for (unsigned i = 0; i < o->n; i++) {
		uint64_t a = o->sink[i]->acked ? o->sink[i]->acked(o->self[i]) : UINT64_MAX;
		if (a < acked)
			acked = a;
	}
	journal_ack(o->journal, acked);
}

int
output_write(struct output *o, const struct output_record *r)
{
	struct journal_record jr = { .ts = r->ts, .revision = r->revision, .type = span_str(r->type), .eid = span_str(r->eid),
		.incident = span_str(r->incident), .hosts = hosts_of(o, r), .json = r->json,
		.flags = r->all_hosts ? FRAME_ALL_HOSTS : 0 };
	int rc = journal_append(o->journal, &jr);

	if (rc == E_LIMIT) {
		acknowledge(o);
		rc = journal_append(o->journal, &jr);
	}
	/* A replay need not lose anything: it waits for the sinks. */
	if (rc == E_LIMIT && o->conf.fresh_journal && output_drain(o) == 0)
		rc = journal_append(o->journal, &jr);
	turn_ask(o);
	if (rc < 0)
		return rc;
	counter_inc(o->env.cnt, C_JOURNAL_RECORDS);
	for (unsigned i = 0; i < o->n; i++) {
		if (o->sink[i]->record)
			o->sink[i]->record(o->self[i], &jr);
	}
	return 0;
}

void
output_flush(struct output *o)
{
	bool written = journal_flush(o->journal) == 0;

	for (unsigned i = 0; i < o->n; i++) {
		if (written || !o->sink[i]->record) /* what the disk refused no sink tells of */
			o->sink[i]->turn(o->self[i]);
	}
	acknowledge(o);
}

bool
output_must_stop(const struct output *o)
{
	return journal_must_stop(o->journal);
}

void
output_facts(struct output *o, const char *const pairs[])
{
	buf_reset(&o->facts);
	for (unsigned i = 0; pairs[i] && pairs[i + 1]; i += 2) {
		buf_add(&o->facts, pairs[i], strlen(pairs[i]) + 1);
		buf_add(&o->facts, pairs[i + 1], strlen(pairs[i + 1]) + 1);
	}
	o->env.facts = span_of(o->facts.p, o->facts.n);
	for (unsigned i = 0; i < o->n; i++) {
		if (o->sink[i]->facts)
			o->sink[i]->facts(o->self[i], o->env.facts);
	}
}

void
output_reopen(struct output *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		if (o->sink[i]->reopen)
			o->sink[i]->reopen(o->self[i]);
	}
}

static void
finish(struct output *o)
{
	output_flush(o);
	for (unsigned i = 0; i < o->n; i++) {
		if (o->sink[i]->finish)
			o->sink[i]->finish(o->self[i]);
	}
}

static bool
drained(const struct output *o)
{
	for (unsigned i = 0; i < o->n; i++) {
		if (!o->sink[i]->drained(o->self[i]))
			return false;
	}
	return true;
}

static void
on_grace(evutil_socket_t fd, short what, void *arg)
{
	*(bool *) arg = true;
}

int
output_drain(struct output *o)
{
	int64_t grace = o->conf.shutdown_grace > 0 ? o->conf.shutdown_grace : 0;
	struct timeval tv = { grace / NS_PER_S, grace % NS_PER_S / NS_PER_US };
	bool over = false;
	struct event *timer;

	finish(o);
	if (drained(o) || !o->env.loop)
		return drained(o) ? 0 : E_AGAIN;
	timer = evtimer_new(o->env.loop, on_grace, &over);
	if (!timer)
		return E_NOMEM;
	evtimer_add(timer, &tv);
	while (!over && !drained(o)) {
		if (event_base_loop(o->env.loop, EVLOOP_ONCE) < 0)
			break;
		finish(o);
	}
	event_free(timer);
	return drained(o) ? 0 : E_AGAIN;
}

void
output_free(struct output *o)
{
	if (!o)
		return;
	if (o->journal)
		journal_flush(o->journal);
	for (unsigned i = 0; i < o->n; i++)
		o->sink[i]->close(o->self[i]);
	if (o->turn)
		event_free(o->turn);
	journal_close(o->journal);
	buf_clear(&o->hosts);
	buf_clear(&o->facts);
	free(o);
}

void
output_status(const struct output *o, struct json *j)
{
	struct journal_status s;

	journal_status(o->journal, &s);
	json_object(j, "journal");
	json_str(j, "dir", o->journal_dir);
	json_str(j, "epoch", journal_epoch(o->journal));
	json_u64(j, "segments", s.segments);
	json_u64(j, "bytes", s.bytes);
	json_u64(j, "first_seq", s.first_seq);
	json_u64(j, "next_seq", s.next_seq);
	json_u64(j, "acked_seq", s.acked_seq);
	json_u64(j, "refused", s.refused);
	json_i64(j, "oldest_unacked_seconds", s.oldest_unacked / NS_PER_S);
	json_u64(j, "compressed_segments", s.packed);
	json_u64(j, "alarms", s.alarms);
	json_bool(j, "at_risk", s.at_risk);
	json_bool(j, "full", s.full);
	json_end(j);
	json_array(j, "sinks");
	for (unsigned i = 0; i < o->n; i++) {
		json_object(j, NULL);
		json_str(j, "name", o->sink[i]->name);
		o->sink[i]->status(o->self[i], j);
		json_end(j);
	}
	json_end(j);
}

void
output_metrics(const struct output *o, const struct counters *sum, struct buf *b)
{
	struct journal_status s;

	journal_status(o->journal, &s);
	prom_head(b, "casus_journal_bytes", PROM_GAUGE, "Bytes of the journal on disk and about to be written.");
	prom_u64(b, "casus_journal_bytes", NULL, s.bytes);
	prom_head(b, "casus_journal_oldest_unacked_seconds", PROM_GAUGE, "Age of the oldest segment with records that some output has not taken.");
	prom_seconds(b, "casus_journal_oldest_unacked_seconds", NULL, s.oldest_unacked > 0 ? (double) s.oldest_unacked / 1e9 : 0);
	prom_head(b, "casus_journal_at_risk", PROM_GAUGE, "1: records that no output has taken come near the cap, or the journal near the end of its disk.");
	prom_u64(b, "casus_journal_at_risk", NULL, s.at_risk);
	prom_head(b, "casus_output_events_total", PROM_COUNTER, "Records that reached an output.");
	prom_u64(b, "casus_output_events_total", "output=\"journal\"", counter_get(sum, C_JOURNAL_RECORDS));
	prom_u64(b, "casus_output_events_total", "output=\"eve\"", counter_get(sum, C_EVE_RECORDS));
	prom_u64(b, "casus_output_events_total", "output=\"redis\"", counter_get(sum, C_REDIS_RECORDS));
	prom_head(b, "casus_output_dropped_total", PROM_COUNTER, "Records that an output will never have.");
	prom_u64(b, "casus_output_dropped_total", "output=\"journal\",reason=\"full\"", counter_get(sum, C_JOURNAL_ERRORS));
	prom_u64(b, "casus_output_dropped_total", "output=\"pipeline\",reason=\"ring\"", counter_get(sum, C_EVENT_RING_DROPS));
	prom_u64(b, "casus_output_dropped_total", "output=\"eve\",reason=\"disk\"", counter_get(sum, C_EVE_ERRORS));
	prom_u64(b, "casus_output_dropped_total", "output=\"redis\",reason=\"set_back\"", counter_get(sum, C_REDIS_LOST));
	for (unsigned i = 0; i < o->n; i++) {
		if (o->sink[i]->metrics)
			o->sink[i]->metrics(o->self[i], b);
	}
}

bool
output_ready(const struct output *o, char why[static 128])
{
	struct journal_status s;

	journal_status(o->journal, &s);
	if (s.full || s.failing) {
		snprintf(why, 128, "the journal %s", s.full ? "is full" : "cannot be written");
		return false;
	}
	return true;
}
