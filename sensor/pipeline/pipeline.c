#include "pipeline/pipeline.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/prom.h"
#include "config.h"
#include "event/eve.h"
#include "pipeline/record.h"
#include "pipeline/stats.h"
#include "pipeline/threshold.h"

#define THRESHOLD_ENTRIES (1U << 18)
#define RECORD_ROOM (1U << 20)      /* of a record beside the event's own text */
#define GENERATIONS 8
#define SEVERITIES 5                /* 1 to 4 as in alert.severity; 0 = another */
#define CARDS_LINGER (30 * NS_PER_S) /* events of an older ruleset may still be in a ring */

struct held_cards {
	struct cards *cards;
	int64_t replaced; /* when a newer one came; 0 = in force */
};

struct pipeline {
	struct pipeline_conf conf;
	struct eve_options eve;
	struct clock *clock;
	struct assess *assess;
	struct output *output;
	struct store *store; /* NULL: no file is stored */
	struct counters *cnt;
	struct threshold *thresholds;
	struct assess_coverage coverage;
	struct held_cards held[GENERATIONS]; /* newest first */
	unsigned n_held;
	struct stats_rules rules;
	int64_t begin; /* of the first event or record; for uptime */
	uint64_t told[SEVERITIES]; /* alerts by severity */
	char head_text[RECORD_HEAD_MAX];
	struct span head; /* of every record */
	char *room;
	uint32_t cap;
};

struct pipeline *
pipeline_new(const struct pipeline_conf *conf, struct event_base *loop, struct clock *clock, struct assess *assess,
    struct output *output, struct counters *cnt)
{
	struct pipeline *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->conf = *conf;
	p->clock = clock;
	p->assess = assess;
	p->output = output;
	p->cnt = cnt;
	p->coverage.sampling = 1;
	p->begin = clock->live ? clock_now(clock) : 0;
	p->eve = (struct eve_options) { .ifaces = conf->offline ? NULL : conf->ifaces,
		.pcap_name = conf->eve.pcap_file ? conf->pcap_name : NULL, .pcap_cnt = conf->offline,
		.community_id = conf->eve.community_id, .community_id_seed = conf->eve.community_id_seed,
		.metadata = conf->eve.metadata, .references = conf->eve.references,
		.version = conf->eve.version ? PACKAGE_NAME " " PACKAGE_VERSION : NULL };
	p->head = record_head(p->head_text, conf->sensor, output_epoch(output));
	p->cap = RECORD_ROOM;
	p->room = malloc(p->cap);
	p->thresholds = threshold_new(THRESHOLD_ENTRIES, cnt);
	if (!p->room || !p->thresholds) {
		pipeline_free(p);
		return NULL;
	}
	return p;
}

void
pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->n_held; i++)
		cards_unref(p->held[i].cards);
	threshold_free(p->thresholds);
	free(p->room);
	free(p);
}

void
pipeline_store(struct pipeline *p, struct store *store)
{
	p->store = store;
}

static void
tell_facts(struct pipeline *p)
{
	const char *pairs[] = { "version", PACKAGE_VERSION, "ruleset", p->n_held ? p->held[0].cards->hash : "", "packs",
		assess_pack_hash(p->assess), NULL, NULL };

	output_facts(p->output, pairs);
}

void
pipeline_cards(struct pipeline *p, struct cards *c)
{
	if (p->n_held == GENERATIONS)
		cards_unref(p->held[--p->n_held].cards);
	memmove(p->held + 1, p->held, p->n_held * sizeof p->held[0]);
	p->n_held++;
	if (p->n_held > 1)
		p->held[1].replaced = clock_now(p->clock);
	p->held[0] = (struct held_cards) { .cards = cards_ref(c) };
	p->rules = (struct stats_rules) { .loaded = c->loaded, .failed = c->failed, .skipped = c->skipped,
		.loaded_at = clock_now(p->clock) };
	tell_facts(p);
}

/* Rulesets that were replaced a while ago: no ring holds an event of theirs any more. */
static void
cards_release(struct pipeline *p, int64_t now)
{
	while (p->n_held > 1 && now - p->held[p->n_held - 1].replaced > CARDS_LINGER)
		cards_unref(p->held[--p->n_held].cards);
}

static const struct card *
card_of(const struct pipeline *p, const struct event *e)
{
	for (unsigned i = 0; i < p->n_held; i++) {
		const struct cards *c = p->held[i].cards;
		if (c->generation == e->generation)
			return e->card < c->n ? &c->card[e->card] : NULL;
	}
	return NULL;
}

static bool
app_wanted(const struct eve_conf *c, const char *kind)
{
	if (c->app_all)
		return true;
	for (const char *const *name = c->app; name && *name; name++) {
		if (**name == *kind && strcmp(*name, kind) == 0)
			return true;
	}
	return false;
}

static bool
is_written(const struct pipeline *p, const struct event *e)
{
	switch (e->type) {
	case EVENT_ALERT:
		return p->conf.eve.alert;
	case EVENT_APP:
	case EVENT_RECORD:
		return app_wanted(&p->conf.eve, e->kind);
	case EVENT_FLOW:
		return p->conf.eve.flow && !(e->flags & EVENT_F_UNTOLD);
	case EVENT_FILEINFO:
		return p->conf.eve.fileinfo;
	case EVENT_PACKET:
		return p->conf.eve.alert;
	case EVENT_FRAME:
		return p->conf.eve.frame;
	case EVENT_ANOMALY:
		return p->conf.eve.anomaly;
	default:
		return false;
	}
}

static void
json_begin(struct pipeline *p, struct json *j, uint32_t text)
{
	if (p->cap < RECORD_ROOM + text) {
		char *more = realloc(p->room, RECORD_ROOM + text);
		if (more) { /* else: json leaves out what does not fit, and says so */
			p->room = more;
			p->cap = RECORD_ROOM + text;
		}
	}
	json_init(j, p->room, p->cap);
}

static struct record_name
name_next(const struct pipeline *p)
{
	return (struct record_name) { .sensor = p->conf.sensor, .epoch = output_epoch(p->output),
		.seq = output_next_seq(p->output), .head = p->head };
}

static void
hand_over(struct pipeline *p, struct json *j, struct output_record *r)
{
	r->json = json_text(j);
	if (j->truncated)
		counter_inc(p->cnt, C_RECORD_TRUNCATED);
	output_write(p->output, r);
}

static void
write_event(struct pipeline *p, const struct event *e, const struct card *card, uint8_t action, const struct incident *i,
    const struct eve_stored *stored)
{
	struct record_name name = name_next(p);
	struct output_record r = { .type = eve_type(e), .eid = name.eid, .ts = e->ts };
	struct json j;

	record_eid_event(&name, e, card);
	json_begin(p, &j, e->text_n);
	eve_begin(&j, e, card, action, &p->eve);
	if (e->type == EVENT_FILEINFO)
		eve_file(&j, e, stored);
	record_begin(&j, &name);
	if (e->flags & EVENT_F_TRUNCATED || j.truncated)
		json_bool(&j, "truncated", true);
	if (i)
		assess_tag(p->assess, i, &j);
	json_end(&j);
	hand_over(p, &j, &r);
	if (stored)
		store_record(p->store, stored, e->ts, r.json);
}

/* Incident and escalation records that became due. */
static void
write_assessments(struct pipeline *p)
{
	struct assess_record a;

	while (assess_next(p->assess, &a)) {
		struct record_name name = name_next(p);
		struct output_record r = { .type = a.kind == ASSESS_INCIDENT ? "incident" : a.kind == ASSESS_CONTEXT ? "context" : "escalation", .eid = name.eid,
			.incident = a.incident, .revision = a.revision, .ts = a.ts, .hosts = a.hosts, .n_hosts = a.n_hosts,
			.all_hosts = a.all_hosts };
		struct json j;

		record_eid_plain(&name, r.type);
		json_begin(p, &j, 0);
		eve_begin_plain(&j, r.type, a.ts);
		record_begin(&j, &name);
		assess_write(p->assess, &a, &j);
		json_end(&j);
		hand_over(p, &j, &r);
	}
}

static void
tick(struct pipeline *p, int64_t now)
{
	assess_tick(p->assess, now, &p->coverage);
	cards_release(p, clock_now(p->clock));
	write_assessments(p);
}

static void
alert(struct pipeline *p, const struct event *e)
{
	const struct card *card = card_of(p, e);
	struct incident *i = NULL;
	enum threshold_verdict verdict;
	uint8_t action;
	uint64_t key;
	int64_t window;

	if (!card) {
		counter_inc(p->cnt, C_EVENT_NO_CARD);
		log_error("pipeline", "an alert of ruleset generation %u came after its ruleset was gone", e->generation);
		return;
	}
	verdict = threshold_alert(p->thresholds, e, card, &action);
	if (verdict != THRESHOLD_NOT_YET)
		i = assess_event(p->assess, e, card, verdict == THRESHOLD_HOLD);
	key = threshold_tracks(e, card, &window);
	if (key && i)
		assess_formed(p->assess, i, key);
	else if (key && verdict == THRESHOLD_NOT_YET)
		assess_forming(p->assess, e, card, key, window);
	if (verdict != THRESHOLD_TELL)
		counter_inc(p->cnt, C_ALERTS_SUPPRESSED);
	else
		p->told[card->priority < SEVERITIES ? card->priority : 0]++;
	if (verdict == THRESHOLD_TELL && is_written(p, e))
		write_event(p, e, card, action, i, NULL);
}

static void
fileinfo(struct pipeline *p, const struct event *e)
{
	struct incident *i = assess_event(p->assess, e, NULL, false);
	struct eve_stored stored;

	store_end(p->store, e, &stored);
	if (is_written(p, e))
		write_event(p, e, NULL, e->action, i, &stored);
}

void
pipeline_event(struct pipeline *p, const struct event *e)
{
	clock_tell(p->clock, e->ts);
	if (!p->begin)
		p->begin = e->ts;
	if (e->type == EVENT_TICK) {
		tick(p, e->ts);
		return;
	}
	if (e->type == EVENT_FILE) {
		store_bytes(p->store, e);
		return;
	}
	if (e->type == EVENT_ALERT) {
		alert(p, e);
	} else if (e->type == EVENT_FILEINFO) {
		fileinfo(p, e);
	} else {
		struct incident *i = assess_event(p->assess, e, NULL, false);
		if (is_written(p, e))
			write_event(p, e, NULL, e->action, i, NULL);
	}
	write_assessments(p);
}

void
pipeline_coverage(struct pipeline *p, const struct assess_coverage *cov)
{
	p->coverage = *cov;
	assess_coverage(p->assess, cov);
}

void
pipeline_stats(struct pipeline *p, const struct counters *sum, int64_t now)
{
	struct record_name name = name_next(p);
	struct output_record r = { .type = "stats", .eid = name.eid, .ts = now };
	struct json j;

	if (!p->conf.eve.stats)
		return;
	record_eid_plain(&name, r.type);
	json_begin(p, &j, 0);
	eve_begin_plain(&j, r.type, now);
	stats_write(&j, sum, p->begin && now > p->begin ? now - p->begin : 0, &p->rules, p->conf.offline);
	record_begin(&j, &name);
	json_str(&j, "ruleset", p->n_held ? p->held[0].cards->hash : "");
	json_str(&j, "packs", assess_pack_hash(p->assess));
	json_end(&j);
	hand_over(p, &j, &r);
}

void
pipeline_metrics(const struct pipeline *p, struct buf *b)
{
	char label[24];

	prom_head(b, "casus_alerts_total", PROM_COUNTER, "Alerts told, by severity (1 is the highest; 0: beyond 4).");
	for (unsigned i = 0; i < SEVERITIES; i++) {
		snprintf(label, sizeof label, "severity=\"%u\"", i);
		prom_u64(b, "casus_alerts_total", label, p->told[i]);
	}
}

void
pipeline_finish(struct pipeline *p)
{
	assess_finish(p->assess);
	write_assessments(p);
	output_drain(p->output);
}
