/*
 * Tests of the sink `release` with a Redis of its own and the shipped packs: each party's stream holds what it is let have, once, whatever
 * is killed; plain and by TLS.
 */
#include <jansson.h>

#include "legal/law.h"

#include <event2/event.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/legal/release.h"
#include "pipeline/output/output.h"
#include "pipeline/output/release_send.h"
#include "redis_server.h"

static struct event_base *loop;
static struct clock now;
static struct counters counters;

static int
setup(void **state)
{
	server_begin();
	loop = event_base_new();
	memset(&counters, 0, sizeof counters);
	now = (struct clock) { .live = false, .now = 5000 * NS_PER_S };
	log_init(LOG_LEVEL_ERROR);
	return 0;
}

static int
teardown(void **state)
{
	server_end();
	event_base_free(loop);
	return 0;
}

static struct output_conf
conf_release(void)
{
	static char packs_dir[1024], effects_file[1024];

	snprintf(packs_dir, sizeof packs_dir, "%s", source_path("rules/policy"));
	snprintf(effects_file, sizeof effects_file, "%s", source_path("rules/effects.yaml"));
	return (struct output_conf) { .dir = dir, .sensor = "s1", .journal_segment_bytes = 1 << 20, .journal_max_bytes = 64 << 20, .redis_socket = sock,
		.redis_prefix = "casus:1:", .redis_maxlen = 100000, .redis_batch = 50, .redis_flush_after = 10 * NS_PER_MS, .redis_timeout = 2 * NS_PER_S,
		.shutdown_grace = 10 * NS_PER_S, .redis_release = true, .packs = packs_dir, .effects = effects_file };
}

static struct output *
output_open(const struct output_conf *c)
{
	struct output *o = output_new(c, loop, &now, &counters, &d);

	diag_print(&d, stderr);
	assert_non_null(o);
	return o;
}

/* An incident that touched an asset of JP's, as much of it as matters here. */
static void
write_incident(struct output *o, unsigned revision)
{
	char text[768], eid[40];
	unsigned long long seq = output_next_seq(o);

	snprintf(eid, sizeof eid, "%032llx", seq);
	int n = snprintf(text, sizeof text,
	    "{\"timestamp\":\"2026-01-01T00:00:00.000000+0000\",\"event_type\":\"incident\",\"casus\":{\"v\":1,\"sensor\":\"s1\",\"epoch\":\"%s\",\"seq\":%llu,\"eid\":\"%s\","
	    "\"incident\":{\"id\":\"I-20260101-00000001\",\"revision\":%u,\"state\":\"open\",\"alerts\":%u,\"effects\":{},"
	    "\"victims\":[{\"ip\":\"10.0.0.1\",\"asset\":\"plant\"}],\"assets\":[{\"name\":\"plant\",\"owner\":\"JP\",\"territory\":\"JP\",\"sector\":\"energy\","
	    "\"class\":\"civil\",\"zone\":\"ot\"}],\"unknowns\":[]}}}",
	    output_epoch(o), seq, eid, revision, revision);
	now.now += NS_PER_MS;
	assert_int_equal(output_write(o, &(struct output_record) { .type = "incident", .eid = eid, .ts = now.now, .incident = "I-20260101-00000001",
					       .revision = revision, .json = span_of(text, (size_t) n) }), 0);
}

/* The party's stream: revisions 1 to n, in order; what it may read of the victims. */
static void
assert_party(const char *party, unsigned n, bool victims)
{
	char text[96];
	redisReply *r;

	snprintf(text, sizeof text, "XRANGE casus:1:{party-%s}:release - +", party);
	r = command(text);
	assert_int_equal(r->elements, n);
	for (unsigned i = 0; i < n; i++) {
		json_t *j = json_loads(r->element[i]->element[1]->element[1]->str, 0, NULL), *casus = json_object_get(j, "casus");
		json_t *doc = json_object_get(casus, "incident"), *about = json_object_get(casus, "release");
		assert_int_equal(json_integer_value(json_object_get(doc, "revision")), i + 1);
		assert_string_equal(json_string_value(json_object_get(about, "party")), party);
		assert_int_equal(json_object_get(doc, "victims") != NULL, victims);
		json_decref(j);
	}
	freeReplyObject(r);
}

static void
assert_parties(unsigned n)
{
	assert_party("JP", n, true);
	assert_party("US", n, false);
	assert_party("NATO", n, false);
}

static void
each_its_part(void **state)
{
	struct output_conf c = conf_release();
	struct output *o = output_open(&c);
	redisReply *r;

	for (unsigned k = 1; k <= 150; k++) /* more than one round */
		write_incident(o, k);
	assert_int_equal(output_drain(o), 0);
	assert_parties(150);
	output_free(o);
	o = output_open(&c); /* goes on where it was */
	write_incident(o, 151);
	assert_int_equal(output_drain(o), 0);
	assert_parties(151);
	output_free(o);
	r = command("HDEL casus:1:{s1}:state released"); /* does not know how far it was: sends all again */
	freeReplyObject(r);
	o = output_open(&c);
	assert_int_equal(output_drain(o), 0);
	assert_parties(151);
	output_free(o);
}

static void
redis_killed(void **state)
{
	struct output_conf c = conf_release();
	struct output *o = output_open(&c);

	for (unsigned k = 1; k <= 300; k++) {
		write_incident(o, k);
		event_base_loop(loop, EVLOOP_NONBLOCK);
		if (k % 100 == 50) {
			server_kill();
			event_base_loop(loop, EVLOOP_NONBLOCK);
			server_start();
		}
	}
	assert_int_equal(output_drain(o), 0);
	assert_parties(300);
	output_free(o);
}

/* The same source, an older number or an epoch before: how the fence of a stream answers. */
static void
fence(void **state)
{
	static const struct {
		const char *source, *epoch;
		uint64_t number;
		long long answer;
	} cases[] = { { "s1", "e1", 5, 1 }, { "s1", "e1", 5, 0 }, { "s1", "e1", 4, 0 }, { "s1", "e1", 6, 1 }, { "s2", "e1", 1, 1 }, { "s1", "e2", 1, 1 }, { "s1", "e2", 1, 0 } };
	struct redis_names names = { .prefix = "casus:1:", .maxlen = 100 };
	redisContext *link = client();

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct release_item item = { "JP", cases[i].source, cases[i].epoch, cases[i].number, SPAN_LIT("{}"), SPAN_LIT("incident"), SPAN_LIT("e") };
		struct release_command cmd;
		const char *argv[RELEASE_ARGS];
		size_t lengths[RELEASE_ARGS];
		int n = release_command(&cmd, &names, &item);
		assert_int_equal(n, RELEASE_ARGS);
		for (int k = 0; k < n; k++) {
			argv[k] = (const char *) cmd.args[k].p;
			lengths[k] = cmd.args[k].n;
		}
		redisReply *r = redisCommandArgv(link, n, argv, lengths);
		assert_int_equal(r->type, REDIS_REPLY_INTEGER);
		assert_int_equal(r->integer, cases[i].answer);
		freeReplyObject(r);
	}
	redisFree(link);
}

static void
by_tls(void **state)
{
	struct output_conf c = conf_release();
	static char ca[TMPDIR_LEN + 16], cert[TMPDIR_LEN + 16], key[TMPDIR_LEN + 16];
	struct output *o;

	if (!certificates_make())
		skip();
	server_kill();
	c.redis_port = 20000 + (uint32_t) getpid() % 20000;
	server_start_tls((int) c.redis_port);
	snprintf(ca, sizeof ca, "%s/ca.pem", dir);
	snprintf(cert, sizeof cert, "%s/client.pem", dir);
	snprintf(key, sizeof key, "%s/client.key", dir);
	c.redis_socket = NULL;
	c.redis_host = "127.0.0.1";
	c.redis_tls = true;
	c.redis_tls_ca = ca;
	c.redis_tls_cert = cert;
	c.redis_tls_key = key;
	o = output_open(&c);
	write_incident(o, 1);
	assert_int_equal(output_drain(o), 0);
	assert_parties(1);
	output_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(each_its_part, setup, teardown),
		cmocka_unit_test_setup_teardown(redis_killed, setup, teardown), cmocka_unit_test_setup_teardown(fence, setup, teardown),
		cmocka_unit_test_setup_teardown(by_tls, setup, teardown) };

	return cmocka_run_group_tests(tests, law_setup, law_teardown);
}
