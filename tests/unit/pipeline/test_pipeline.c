#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/log.h"
#include "fake_assess.h"
#include "pipeline/pipeline.h"
#include "tmpdir.h"

static char dir[TMPDIR_LEN];
static struct clock now;
static struct counters counters;
static struct output *output;
static struct pipeline *pipeline;
static struct cards *cards;

static const struct card_meta metadata[] = { { "tag", "a" }, { "severity", "x" }, { "tag", "b" } };
static const struct card_threshold limit = { .type = 0, .track = 1, .count = 2, .seconds = 60 };

static struct cards *
cards_make(uint32_t generation)
{
	struct cards *c = cards_new();

	c->card = arena_zalloc(&c->arena, 2 * sizeof *c->card);
	c->n = 2;
	c->card[0] = (struct card) { .sid = 1, .gid = 1, .rev = 3, .priority = 2, .msg = "a \"quoted\" message", .category = "Misc",
		.metadata = metadata, .n_metadata = 3, .target = 2 };
	c->card[1] = c->card[0];
	c->card[1].sid = 2;
	c->card[1].thresholds = &limit;
	c->card[1].n_thresholds = 1;
	c->generation = generation;
	c->loaded = 2;
	return c;
}

static void
begin(void)
{
	static const char *const apps[] = { "http", NULL };
	struct output_conf oc = { .dir = dir, .sensor = "replay-test", .eve_file = "eve.json", .journal_segment_bytes = 1 << 20,
		.journal_max_bytes = 16 << 20, .fresh_journal = true };
	struct pipeline_conf pc = { .sensor = "replay-test", .offline = true,
		.eve = { .alert = true, .stats = true, .app = apps, .community_id = true, .metadata = true } };
	struct diag d;

	diag_init(&d, 0);
	memset(&fake, 0, sizeof fake);
	memset(&counters, 0, sizeof counters);
	now = (struct clock) { .live = false };
	output = output_new(&oc, NULL, &now, &counters, &d);
	diag_print(&d, stderr);
	diag_clear(&d);
	assert_non_null(output);
	pipeline = pipeline_new(&pc, NULL, &now, NULL, output, &counters);
	assert_non_null(pipeline);
	cards = cards_make(7);
	pipeline_cards(pipeline, cards);
	cards_unref(cards);
}

static void
end(void)
{
	pipeline_finish(pipeline);
	pipeline_free(pipeline);
	output_free(output);
}

/* All records of eve.json. */
static json_t *
records(void)
{
	char path[TMPDIR_LEN + 16];
	json_t *all = (json_array) ();
	struct buf b;
	char *line, *next;

	snprintf(path, sizeof path, "%s/eve.json", dir);
	buf_init(&b, 64 << 20);
	assert_int_equal(buf_read_file(&b, path), 0);
	for (line = b.p; line && *line; line = next) {
		json_t *one = json_loads(line, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, NULL);
		assert_non_null(one);
		json_array_append_new(all, one);
		next = strchr(line, '\n');
		assert_non_null(next);
		next++;
	}
	buf_clear(&b);
	return all;
}

static const char *
text_at(json_t *o, const char *a, const char *b)
{
	json_t *v = json_object_get(o, a);

	return json_string_value(b ? json_object_get(v, b) : v);
}

static json_int_t
int_at(json_t *o, const char *a, const char *b)
{
	json_t *v = json_object_get(o, a);

	return json_integer_value(b ? json_object_get(v, b) : v);
}

static struct event *
event_make(uint16_t type, uint32_t card, int64_t ts, const char *text)
{
	size_t n = strlen(text);
	struct event *e = calloc(1, sizeof *e + n + 1);

	e->type = type;
	e->flags = EVENT_F_FLOW;
	e->pcap_cnt = (uint64_t) (ts / NS_PER_S);
	e->ts = ts;
	e->flow_id = 123456789;
	addr_parse(&e->src, "192.0.2.1");
	addr_parse(&e->dst, "198.51.100.9");
	e->sport = 4000;
	e->dport = 80;
	e->ip_version = 4;
	e->proto = 6;
	e->generation = 7;
	e->card = card;
	memcpy(e->app_proto, "http", 5);
	memcpy(e->kind, type == EVENT_APP ? "http" : "", type == EVENT_APP ? 5 : 1);
	memcpy(e->text, text, n);
	e->text_n = (uint32_t) n;
	return e;
}

static void
tell(uint16_t type, uint32_t card, int64_t seconds, const char *text)
{
	struct event *e = event_make(type, card, seconds * NS_PER_S, text);

	pipeline_event(pipeline, e);
	free(e);
}

static void
test_records(void **state)
{
	json_t *all, *r, *casus;

	tmpdir_make(dir);
	begin();
	tell(EVENT_ALERT, 0, 1, "\"http\":{\"hostname\":\"x\"}");
	tell(EVENT_APP, 0, 2, "\"http\":{}");
	tell(EVENT_FACTS, 0, 3, "");
	tell(EVENT_FLOW, 0, 3, "");
	tell(EVENT_TICK, 0, 4, "");
	fake.due = 2;
	fake.ts = 5 * NS_PER_S;
	tell(EVENT_ALERT, 0, 5, "");
	pipeline_stats(pipeline, &counters, 6 * NS_PER_S);
	end();
	assert_int_equal(fake.events, 5);
	assert_int_equal(fake.ticks, 1);
	assert_true(fake.finished);
	all = records();
	assert_int_equal(json_array_size(all), 6);
	for (size_t i = 0; i < 6; i++) {
		casus = json_object_get(json_array_get(all, i), "casus");
		assert_int_equal(json_integer_value(json_object_get(casus, "seq")), i + 1);
		assert_string_equal(text_at(casus, "sensor", NULL), "replay-test");
		assert_int_equal(strlen(text_at(casus, "eid", NULL)), 32);
		assert_int_equal(strlen(text_at(casus, "epoch", NULL)), 16);
	}
	r = json_array_get(all, 0);
	assert_string_equal(text_at(r, "timestamp", NULL), "1970-01-01T00:00:01.000000+0000");
	assert_string_equal(text_at(r, "event_type", NULL), "alert");
	assert_string_equal(text_at(r, "src_ip", NULL), "192.0.2.1");
	assert_string_equal(text_at(r, "proto", NULL), "TCP");
	assert_int_equal(int_at(r, "dest_port", NULL), 80);
	assert_int_equal(int_at(r, "pcap_cnt", NULL), 1);
	assert_int_equal(int_at(r, "alert", "signature_id"), 1);
	assert_int_equal(int_at(r, "alert", "severity"), 2);
	assert_string_equal(text_at(r, "alert", "signature"), "a \"quoted\" message");
	assert_string_equal(text_at(r, "alert", "action"), "allowed");
	assert_int_equal(json_array_size(json_object_get(json_object_get(json_object_get(r, "alert"), "metadata"), "tag")), 2);
	assert_string_equal(text_at(json_object_get(r, "alert"), "target", "ip"), "198.51.100.9");
	assert_string_equal(text_at(r, "http", "hostname"), "x");
	assert_string_equal(text_at(r, "casus", "incident"), "i-1");
	assert_int_equal(int_at(r, "casus", "v"), 1);
	assert_string_equal(text_at(json_array_get(all, 1), "event_type", NULL), "http");
	assert_string_equal(text_at(json_array_get(all, 3), "event_type", NULL), "incident");
	assert_non_null(json_object_get(json_object_get(json_array_get(all, 3), "casus"), "incident"));
	assert_string_equal(text_at(json_array_get(all, 4), "event_type", NULL), "escalation");
	r = json_array_get(all, 5);
	assert_string_equal(text_at(r, "event_type", NULL), "stats");
	r = json_object_get(r, "stats");
	assert_int_equal(int_at(r, "uptime", NULL), 5);
	assert_non_null(json_object_get(json_object_get(r, "capture"), "kernel_packets"));
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(json_object_get(json_object_get(r, "detect"), "engines"), 0), "rules_loaded")),
	    2);
	json_decref(all);
	tmpdir_clear(dir);
}

static void
test_suppressed_reach_assess(void **state)
{
	json_t *all;

	tmpdir_make(dir);
	begin();
	for (int i = 1; i <= 5; i++)
		tell(EVENT_ALERT, 1, i, "");
	end();
	assert_int_equal(fake.events, 5);
	assert_int_equal(fake.suppressed, 3);
	assert_int_equal(counters.v[C_ALERTS_SUPPRESSED], 3);
	all = records();
	assert_int_equal(json_array_size(all), 2);
	json_decref(all);
	tmpdir_clear(dir);
}

static void
test_old_cards(void **state)
{
	struct cards *newer = cards_make(8);
	json_t *all;

	tmpdir_make(dir);
	begin();
	tell(EVENT_ALERT, 0, 100, "");
	pipeline_cards(pipeline, newer);
	cards_unref(newer);
	tell(EVENT_ALERT, 0, 101, ""); /* still of generation 7 */
	tell(EVENT_TICK, 0, 200, "");
	tell(EVENT_ALERT, 0, 201, ""); /* too late */
	end();
	assert_int_equal(counters.v[C_EVENT_NO_CARD], 1);
	all = records();
	assert_int_equal(json_array_size(all), 2);
	json_decref(all);
	tmpdir_clear(dir);
}

static void
test_replay_is_deterministic(void **state)
{
	json_t *a, *b;

	tmpdir_make(dir);
	begin();
	for (int i = 1; i <= 50; i++)
		tell(EVENT_ALERT, 0, i, "\"http\":{}");
	end();
	a = records();
	begin();
	for (int i = 1; i <= 50; i++)
		tell(EVENT_ALERT, 0, i, "\"http\":{}");
	end();
	b = records();
	assert_true(json_equal(a, b));
	assert_int_equal(json_array_size(b), 50);
	json_decref(a);
	json_decref(b);
	tmpdir_clear(dir);
}

static void
quiet(void *arg, enum log_level level, const char *category, const char *text)
{
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_suppressed_reach_assess),
		cmocka_unit_test(test_old_cards),
		cmocka_unit_test(test_replay_is_deterministic),
	};

	log_catch(quiet, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
