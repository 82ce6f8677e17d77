#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/crowd.h"
#include "base/hash.h"
#include "base/log.h"
#include "pipeline/output/output.h"
#include "redis_server.h"

static struct event_base *loop;
static struct clock now;
static struct counters counters;
static char last_error[512];

static void
catch(void *arg, enum log_level level, const char *category, const char *text)
{
	if (level == LOG_LEVEL_ERROR)
		snprintf(last_error, sizeof last_error, "%s", text);
}

static int
setup(void **state)
{
	server_begin();
	loop = event_base_new();
	memset(&counters, 0, sizeof counters);
	now = (struct clock) { .live = false, .now = 5000 * NS_PER_S };
	last_error[0] = 0;
	log_catch(catch, NULL);
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
conf_plain(void)
{
	return (struct output_conf) { .dir = dir, .sensor = "s1", .journal_segment_bytes = 1 << 20, .journal_max_bytes = 64 << 20,
		.redis_socket = sock, .redis_prefix = "casus:1:", .redis_maxlen = 10000000, .redis_batch = 50,
		.redis_flush_after = 10 * NS_PER_MS, .redis_timeout = 2 * NS_PER_S, .shutdown_grace = 5 * NS_PER_S };
}

static struct output *
output_open(const struct output_conf *c)
{
	struct diag d;
	struct output *o;

	diag_init(&d, 0);
	o = output_new(c, loop, &now, &counters, &d);
	if (!o)
		diag_print(&d, stderr);
	assert_non_null(o);
	diag_clear(&d);
	return o;
}

static int
write_record(struct output *o, const char *type)
{
	static const uint64_t hosts[] = { 1, 2, 3 };
	char text[256], eid[32];
	bool incident = strcmp(type, "incident") == 0 || strcmp(type, "escalation") == 0;
	unsigned long long seq = output_next_seq(o);
	struct output_record r = { .type = type, .eid = eid, .ts = now.now, .incident = incident ? "i-7" : NULL, .revision = 1,
		.hosts = hosts, .n_hosts = incident ? 3 : 0 };
	int n = snprintf(text, sizeof text, "{\"z\":\"a%cb\",\"casus\":{\"epoch\":\"%s\",\"seq\":%llu}}", 0, output_epoch(o), seq);

	snprintf(eid, sizeof eid, "e%llu", seq);
	r.json = span_of(text, (size_t) n);
	now.now += NS_PER_MS / 3;
	return output_write(o, &r);
}

/* As a sensor writes them. */
static int
write_plain(struct output *o, const char *type)
{
	unsigned long long seq = output_next_seq(o);
	char text[256], eid[32];
	int n;

	snprintf(eid, sizeof eid, "e%llu", seq);
	n = snprintf(text, sizeof text, "{\"event_type\":\"%s\",\"casus\":{\"epoch\":\"%s\",\"seq\":%llu,\"eid\":\"%s\"}}", type,
	    output_epoch(o), seq, eid);
	now.now += NS_PER_MS / 3;
	return output_write(o, &(struct output_record) { .type = type, .eid = eid, .ts = now.now, .json = span_of(text, (size_t) n) });
}

static void
turn_for(int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	event_base_loopexit(loop, &tv);
	event_base_dispatch(loop);
}

/* The alerts stream holds exactly e1..en in order, with ids that rise. */
static void
assert_stream(const char *sensor, unsigned n)
{
	char text[128], eid[32];
	redisReply *r;

	snprintf(text, sizeof text, "XRANGE casus:1:{%s}:alerts - +", sensor);
	r = command(text);
	assert_int_equal(r->type, REDIS_REPLY_ARRAY);
	assert_int_equal(r->elements, n);
	for (unsigned i = 0; i < n; i++) {
		const redisReply *f = r->element[i]->element[1];
		assert_int_equal(f->elements, 6);
		snprintf(eid, sizeof eid, "e%u", i + 1);
		assert_string_equal(f->element[0]->str, "j");
		assert_string_equal(f->element[2]->str, "t");
		assert_string_equal(f->element[4]->str, "e");
		assert_string_equal(f->element[5]->str, eid);
		assert_memory_equal(f->element[1]->str, "{\"z\":\"a\0b\"", 10); /* NUL bytes pass */
	}
	freeReplyObject(r);
}

static json_int_t
backlog(struct output *o)
{
	static char room[8192];
	struct json j;
	struct span s;
	json_t *all, *sink;
	json_int_t n;

	json_init(&j, room, sizeof room);
	json_object(&j, NULL);
	output_status(o, &j);
	s = json_text(&j);
	all = json_loadb((const char *) s.p, s.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	sink = json_array_get(json_object_get(all, "sinks"), 0);
	n = json_integer_value(json_object_get(sink, "backlog"));
	json_decref(all);
	return n;
}

static void
test_delivery(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);
	redisReply *r;

	for (int i = 0; i < 1000; i++)
		assert_int_equal(write_record(o, "alert"), 0);
	assert_int_equal(output_drain(o), 0);
	assert_int_equal(backlog(o), 0);
	assert_int_equal(counters.v[C_REDIS_RECORDS], 1000);
	assert_stream("s1", 1000);
	r = command("HGET casus:1:{s1}:state last_seq");
	assert_string_equal(r->str, "1000");
	freeReplyObject(r);
	r = command("HGET casus:1:{s1}:state first_seq");
	assert_string_equal(r->str, "1");
	freeReplyObject(r);
	output_free(o);
}

static void
test_incident_keys(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);
	redisReply *r;

	write_record(o, "alert");
	write_record(o, "incident");
	write_record(o, "escalation");
	write_record(o, "stats");
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 3);
	r = command("XLEN casus:1:{s1}:stats");
	assert_int_equal(r->integer, 1);
	freeReplyObject(r);
	r = command("XLEN casus:1:{i-7}:timeline");
	assert_int_equal(r->integer, 2);
	freeReplyObject(r);
	r = command("PFCOUNT casus:1:{i-7}:hosts:s1");
	assert_int_equal(r->integer, 3);
	freeReplyObject(r);
	r = command("HGET casus:1:{i-7}:incident revision");
	assert_string_equal(r->str, "1");
	freeReplyObject(r);
	r = command("ZRANGE casus:1:incidents 0 -1");
	assert_int_equal(r->elements, 1);
	assert_string_equal(r->element[0]->str, "i-7");
	freeReplyObject(r);
	output_free(o);
}

/* Redis is killed again and again while records come; in the end all are there once. */
static redisReply *
ask_about(const char *verb, const char *key)
{
	char text[128];

	snprintf(text, sizeof text, "%s %s", verb, key);
	return command(text);
}

static void
write_hosts(struct output *o, const uint64_t *hosts, uint32_t n, bool all)
{
	now.now += NS_PER_MS;
	assert_int_equal(output_write(o, &(struct output_record) { .type = "incident", .eid = "e", .ts = now.now, .incident = "i-8", .revision = 1,
					       .hosts = hosts, .n_hosts = n, .all_hosts = all, .json = SPAN_LIT("{}") }), 0);
}

/* The sketch is what Redis makes of every host, though it is told but some; one by one they are there while they are few. */
static void
test_hosts(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);
	redisContext *r = client();
	struct crowd crowd = { 0 };
	redisReply *told, *all;
	uint64_t told_n = 0, *hosts;

	for (uint64_t k = 0; k < 20000; k++) {
		uint64_t h = hash_bytes(&k, sizeof k, 1);
		char text[CROWD_TEXT];
		crowd_add(&crowd, h);
		crowd_text(h, text);
		redisAppendCommand(r, "PFADD all %s", text);
		if (k % 1000 != 999)
			continue;
		uint32_t n = crowd_take(&crowd, &hosts);
		write_hosts(o, hosts, n, crowd_is_whole(&crowd));
		free(hosts);
		told_n += n;
		if (k > 2000)
			continue;
		assert_int_equal(output_drain(o), 0);
		told = ask_about("ZCARD", "casus:1:{i-8}:few:s1");
		assert_int_equal(told->integer, k + 1);
		freeReplyObject(told);
	}
	for (int k = 0; k < 20000; k++) {
		assert_int_equal(redisGetReply(r, (void **) &told), REDIS_OK);
		freeReplyObject(told);
	}
	assert_int_equal(output_drain(o), 0);
	assert_true(told_n < 19000);
	redisAppendCommand(r, "PFCOUNT all"); /* brings its cached count up to date */
	redisGetReply(r, (void **) &all);
	freeReplyObject(all);
	told = ask_about("PFCOUNT", "casus:1:{i-8}:hosts:s1");
	assert_in_range(told->integer, 19600, 20400);
	freeReplyObject(told);
	told = ask_about("GET", "casus:1:{i-8}:hosts:s1");
	all = ask_about("GET", "all");
	assert_int_equal(told->len, all->len);
	assert_memory_equal(told->str, all->str, all->len);
	freeReplyObject(told);
	freeReplyObject(all);
	told = ask_about("EXISTS", "casus:1:{i-8}:few:s1");
	assert_int_equal(told->integer, 0);
	freeReplyObject(told);
	redisFree(r);
	crowd_clear(&crowd);
	output_free(o);
}

static void
test_redis_killed(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 500; i++) {
			write_record(o, "alert");
			if (i % 100 == 0)
				turn_for(3);
		}
		server_kill();
		for (int i = 0; i < 100; i++)
			write_record(o, "alert");
		turn_for(150);
		assert_true(backlog(o) >= 100);
		server_start();
		turn_for(150);
	}
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 2400);
	output_free(o);
}

/* The sensor is killed: the next one goes on where Redis is, with no gap and no double. */
static void
test_sensor_killed(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o;
	uint64_t n;

	for (int round = 0; round < 3; round++) {
		pid_t pid = fork();
		int status;
		if (pid == 0) {
			event_reinit(loop);
			o = output_open(&c);
			for (;;) {
				for (int i = 0; i < 5; i++)
					write_record(o, "alert");
				event_base_loop(loop, EVLOOP_NONBLOCK);
				usleep(500);
			}
		}
		usleep(300000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		now.now += NS_PER_S;
	}
	o = output_open(&c);
	write_record(o, "alert");
	n = output_next_seq(o) - 1;
	assert_true(n > 100);
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", (unsigned) n);
	output_free(o);
}

/* Redis comes back from an older copy: what it lost is sent again. */
static void
test_restored_redis(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);
	redisReply *r;

	for (int i = 0; i < 100; i++)
		write_record(o, "alert");
	assert_int_equal(output_drain(o), 0);
	r = command("FLUSHALL");
	freeReplyObject(r);
	server_kill();
	server_start();
	for (int i = 0; i < 10; i++)
		write_record(o, "alert");
	turn_for(300);
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 110);
	output_free(o);
}

static void
test_overlap_is_success(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);
	redisReply *r;

	for (int i = 0; i < 30; i++)
		write_record(o, "alert");
	assert_int_equal(output_drain(o), 0);
	output_free(o);
	/* alerts are there, but the sensor must believe that stats are older: it reads from there and sends no alert twice */
	o = output_open(&c);
	write_record(o, "stats");
	write_record(o, "alert");
	assert_int_equal(output_drain(o), 0);
	r = command("XLEN casus:1:{s1}:alerts");
	assert_int_equal(r->integer, 31);
	freeReplyObject(r);
	output_free(o);
}

static void
test_other_writer(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o;
	redisReply *r = command("XADD casus:1:{s1}:alerts 99999999999-0 j {}");

	freeReplyObject(r);
	o = output_open(&c);
	write_record(o, "alert");
	turn_for(300);
	assert_int_equal(counters.v[C_REDIS_CONFLICTS], 1);
	assert_non_null(strstr(last_error, "someone else writes"));
	assert_int_equal(backlog(o), 1);
	r = command("XLEN casus:1:{s1}:alerts");
	assert_int_equal(r->integer, 1);
	freeReplyObject(r);
	output_free(o);
}

/* No memory in Redis: nothing is skipped; when there is room all comes, in order. */
static void
test_out_of_memory(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);
	redisReply *r;

	write_record(o, "alert");
	turn_for(200);
	r = command("CONFIG SET maxmemory 1");
	freeReplyObject(r);
	for (int i = 0; i < 200; i++)
		write_record(o, "alert");
	turn_for(700);
	assert_true(counters.v[C_REDIS_ERRORS] > 0);
	assert_int_equal(backlog(o), 200);
	r = command("CONFIG SET maxmemory 0");
	freeReplyObject(r);
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 201);
	output_free(o);
}

static void
password_write(const char *text, mode_t mode, char path[static 128])
{
	int fd;

	snprintf(path, 128, "%s/password", dir);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, mode);
	close(fd);
}

static void
test_password(void **state)
{
	struct output_conf c = conf_plain();
	char path[128];
	struct output *o;
	struct diag d;
	redisReply *r = command("ACL SETUSER sensor on >se#cret +@all ~*");

	freeReplyObject(r);
	r = command("ACL SETUSER default +@all -xadd -xinfo");
	freeReplyObject(r);
	c.redis_user = "sensor";
	c.redis_password_file = path;
	diag_init(&d, 0);
	password_write("se#cret\n", 0644, path);
	assert_null(output_new(&c, loop, &now, &counters, &d)); /* others may read it */
	assert_int_equal(d.errors, 1);
	diag_clear(&d);
	password_write("se#cret\n", 0600, path);
	o = output_open(&c);
	write_record(o, "alert");
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 1);
	output_free(o);
	/* the shortest list of commands: no XRANGE, no HSET on its state, no channel; alerts pass all the same */
	r = command("ACL SETUSER sensor reset on >se#cret ~casus:1:* +auth +set +watch +multi +exec +xadd +xinfo");
	freeReplyObject(r);
	o = output_open(&c);
	write_record(o, "alert");
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 2);
	output_free(o);
	password_write("wrong", 0600, path);
	c.shutdown_grace = NS_PER_S / 2;
	o = output_open(&c);
	write_record(o, "alert");
	assert_int_equal(output_drain(o), E_AGAIN);
	assert_int_equal(backlog(o), 3); /* Redis was not asked yet where it is */
	output_free(o);
}

/* A replay begins anew each time; a live sensor's keys it may not touch. */
static void
test_replay(void **state)
{
	struct output_conf c = conf_plain();
	char own[TMPDIR_LEN + 16];
	struct diag d;

	c.fresh_journal = true;
	diag_init(&d, 0);
	assert_null(output_new(&c, loop, &now, &counters, &d));
	diag_clear(&d);
	c.sensor = "replay-x";
	c.dir = own;
	snprintf(own, sizeof own, "%s/replay", dir);
	for (int run = 0; run < 2; run++) {
		struct output *o;
		now.now = 77 * NS_PER_S;
		o = output_open(&c);
		for (int i = 0; i < 120 - run * 20; i++)
			write_record(o, "alert");
		write_record(o, "incident");
		assert_int_equal(output_drain(o), 0);
		assert_stream("replay-x", 121 - run * 20);
		output_free(o);
	}
}

static void
test_away_at_start(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o;

	server_kill();
	o = output_open(&c);
	for (int i = 0; i < 10; i++)
		write_record(o, "alert");
	turn_for(100);
	assert_int_equal(backlog(o), 10);
	server_start();
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 10);
	output_free(o);
}

/* Over TCP, by address and by name (evdns reads /etc/hosts). */
static void
test_tcp(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost" };
	char port[12];

	snprintf(port, sizeof port, "%d", 20000 + (int) (getpid() % 10000));
	server_kill();
	server_start_with("--port", port, "--bind", "127.0.0.1");
	for (int i = 0; i < 2; i++) {
		struct output_conf c = conf_plain();
		struct output *o;
		c.redis_socket = NULL;
		c.redis_host = hosts[i];
		c.redis_port = (uint32_t) atoi(port);
		o = output_open(&c);
		for (int k = 0; k < 10; k++)
			write_record(o, "alert");
		assert_int_equal(output_drain(o), 0);
		assert_stream("s1", 10 * (unsigned) (i + 1));
		output_free(o);
	}
}

/* A server that takes the connection and never answers: the sensor gives up in time and tries again. */
static void
test_silent_server(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o;

	c.redis_timeout = 100 * NS_PER_MS;
	kill(server, SIGSTOP);
	o = output_open(&c);
	write_record(o, "alert");
	turn_for(1000);
	assert_true(counters.v[C_REDIS_CONNECTS] >= 2);
	assert_int_equal(backlog(o), 1);
	kill(server, SIGCONT);
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 1);
	output_free(o);
}

static int
consumer_at(const char *where, const char *arguments, const char *out)
{
	const char *top = getenv("top_srcdir");
	char line[768];
	int status;

	snprintf(line, sizeof line, "/usr/bin/python3 %s/contrib/consumer.py %s %s >%s/%s 2>%s/%s.err", top ? top : "..", where, arguments,
	    dir, out, dir, out);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
consumer(const char *arguments, const char *out)
{
	char where[TMPDIR_LEN + 64];

	snprintf(where, sizeof where, "--socket %s --sensor s1", sock);
	return consumer_at(where, arguments, out);
}

static unsigned
lines_of(const char *name)
{
	char path[TMPDIR_LEN + 32];
	unsigned n = 0;
	FILE *in;
	int c;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	in = fopen(path, "r");
	assert_non_null(in);
	while ((c = getc(in)) != EOF)
		n += c == '\n';
	fclose(in);
	return n;
}

/* contrib/consumer.py: everything once, takes up where it stopped, sees a gap. */
static void
test_consumer(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o;
	redisReply *r, *first;
	char text[128];

	if (system("/usr/bin/python3 -c 'import redis' 2>/dev/null") != 0)
		skip();
	o = output_open(&c);
	for (int i = 0; i < 100; i++)
		write_plain(o, i % 10 ? "alert" : "stats");
	assert_int_equal(output_drain(o), 0);
	assert_int_equal(consumer("--dump", "dump"), 0);
	assert_int_equal(lines_of("dump"), 100);
	assert_int_equal(consumer("--idle-exit 0.3", "one"), 0);
	assert_int_equal(lines_of("one"), 100);
	for (int i = 0; i < 5; i++)
		write_plain(o, "alert");
	assert_int_equal(output_drain(o), 0);
	assert_int_equal(consumer("--idle-exit 0.3", "two"), 0);
	assert_int_equal(lines_of("two"), 5); /* the group remembers */
	first = command("XRANGE casus:1:{s1}:alerts - + COUNT 50");
	snprintf(text, sizeof text, "XDEL casus:1:{s1}:alerts %s", first->element[40]->element[0]->str);
	freeReplyObject(first);
	r = command(text);
	assert_int_equal(r->integer, 1);
	freeReplyObject(r);
	assert_int_equal(consumer("--dump", "gap"), 1);
	assert_int_equal(lines_of("gap"), 104);
	output_free(o);
}

static char paths[4][TMPDIR_LEN + 16];

static struct output_conf
conf_tls(int port, const char *host, const char *ca, const char *cert)
{
	static const char *const tails[] = { "", ".pem", ".key" };
	struct output_conf c = conf_plain();

	c.redis_socket = NULL;
	c.redis_host = host;
	c.redis_port = (uint32_t) port;
	c.redis_tls = true;
	snprintf(paths[0], sizeof paths[0], "%s/%s.pem", dir, ca);
	for (int i = 1; i < 3; i++)
		snprintf(paths[i], sizeof paths[i], "%s/%s%s", dir, cert ? cert : "", tails[i]);
	c.redis_tls_ca = paths[0];
	c.redis_tls_cert = cert ? paths[1] : NULL;
	c.redis_tls_key = cert ? paths[2] : NULL;
	c.shutdown_grace = NS_PER_S;
	return c;
}

/* contrib/consumer.py by TLS: with what Redis trusts, and as strict as the sensor. */
static void
consumer_tls(int port)
{
	static const struct {
		const char *host, *ca, *cert;
		bool good;
	} cases[] = { { "localhost", "ca", "client", true }, { "localhost", "other", "client", false }, { "localhost", "ca", NULL, false },
		{ "127.0.0.2", "ca", "client", false } };
	struct output_conf c = conf_tls(port, "localhost", "ca", "client");
	char journal[TMPDIR_LEN + 16];
	struct output *o;

	if (system("/usr/bin/python3 -c 'import redis' 2>/dev/null") != 0)
		return;
	snprintf(journal, sizeof journal, "%s/j2", dir);
	c.sensor = "s2";
	c.journal_dir = journal;
	o = output_open(&c);
	for (int i = 0; i < 20; i++)
		write_plain(o, "alert");
	assert_int_equal(output_drain(o), 0);
	output_free(o);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char where[512];
		int k = snprintf(where, sizeof where, "--sensor s2 --host %s --port %d --tls --tls-ca %s/%s.pem", cases[i].host, port, dir, cases[i].ca);
		if (cases[i].cert)
			snprintf(where + k, sizeof where - (size_t) k, " --tls-cert %s/%s.pem --tls-key %s/%s.key", dir, cases[i].cert, dir, cases[i].cert);
		assert_int_equal(consumer_at(where, "--dump", "tls"), cases[i].good ? 0 : 2);
		assert_int_equal(lines_of("tls"), cases[i].good ? 20 : 0);
	}
}

/* Only a certificate of our CA, for this very name, is talked to; the server takes only ours. */
static void
test_tls(void **state)
{
	struct {
		const char *host, *name, *ca, *cert;
		bool good;
	} cases[] = { { "127.0.0.1", NULL, "ca", "client", true }, { "localhost", NULL, "ca", "client", true },
		{ "127.0.0.1", "localhost", "ca", "client", true }, { "127.0.0.1", NULL, "other", "client", false },
		{ "127.0.0.1", "redis.example", "ca", "client", false }, { "127.0.0.1", NULL, "ca", NULL, false } };
	int port = 30000 + (int) (getpid() % 10000);
	unsigned n = 0;
	struct diag d;

	if (!certificates_make())
		skip();
	server_kill();
	server_start_tls(port);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct output_conf c = conf_tls(port, cases[i].host, cases[i].ca, cases[i].cert);
		struct output *o;
		c.redis_tls_name = cases[i].name;
		o = output_open(&c);
		for (int k = 0; k < 300; k++)
			write_record(o, "alert");
		assert_int_equal(output_drain(o), cases[i].good ? 0 : E_AGAIN);
		n += cases[i].good ? 300 : 0;
		if (cases[i].good)
			assert_stream("s1", n);
		output_free(o);
		if (!cases[i].good && i < 5) /* what waits goes with the next that may */
			assert_int_equal(counters.v[C_REDIS_RECORDS], n);
	}
	consumer_tls(port);
	struct output_conf c = conf_tls(port, "127.0.0.1", "none", "client");
	diag_init(&d, 0);
	assert_null(output_new(&c, loop, &now, &counters, &d));
	assert_int_equal(d.errors, 1);
	diag_clear(&d);
}

/* systemd hands over the password in a folder of credentials. */
static void
test_credential(void **state)
{
	struct output_conf c = conf_plain();
	char path[128];
	struct output *o;
	struct diag d;
	redisReply *r = command("ACL SETUSER sensor on >secret +@all ~* &*");

	freeReplyObject(r);
	c.redis_user = "sensor";
	c.redis_password_credential = "password";
	diag_init(&d, 0);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_null(output_new(&c, loop, &now, &counters, &d));
	assert_int_equal(d.errors, 1);
	diag_clear(&d);
	password_write("secret\n", 0400, path);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	o = output_open(&c);
	write_record(o, "alert");
	assert_int_equal(output_drain(o), 0);
	assert_stream("s1", 1);
	output_free(o);
	unsetenv("CREDENTIALS_DIRECTORY");
}

/* What an older connection still has under way is not executed once a newer one has become the writer. */
static void
test_one_writer(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o = output_open(&c);
	redisReply *r;

	write_record(o, "alert");
	turn_for(200);
	r = command("SET casus:1:{s1}:writer another");
	freeReplyObject(r);
	for (int i = 0; i < 60; i++)
		write_record(o, "alert");
	assert_int_equal(output_drain(o), 0); /* it looks where Redis stands, becomes the writer again and goes on */
	assert_int_equal(counters.v[C_REDIS_ERRORS], 1);
	assert_int_equal(counters.v[C_REDIS_CONNECTS], 2);
	assert_stream("s1", 61);
	output_free(o);
}

/* Redis was set back to before the journal's oldest record: the hole is told and counted. */
static void
test_set_back_too_far(void **state)
{
	struct output_conf c = conf_plain();
	struct output *o;
	redisContext *x;
	redisReply *r;
	char json[128];

	c.journal_segment_bytes = 1 << 16;
	c.journal_max_bytes = 1 << 18;
	o = output_open(&c);
	for (int i = 0; i < 10; i++)
		write_plain(o, "alert");
	assert_int_equal(output_drain(o), 0);
	for (int i = 0; i < 3000; i++) {
		write_plain(o, "alert");
		if (i % 200 == 0)
			assert_int_equal(output_drain(o), 0);
	}
	assert_int_equal(output_drain(o), 0);
	x = client();
	snprintf(json, sizeof json, "{\"casus\":{\"epoch\":\"%s\",\"seq\":10,\"eid\":\"e10\"}}", output_epoch(o));
	freeReplyObject(redisCommand(x, "DEL casus:1:{s1}:alerts"));
	freeReplyObject(redisCommand(x, "XADD casus:1:{s1}:alerts 1-1 j %s t alert e e10", json));
	redisFree(x);
	r = command("CLIENT KILL TYPE normal SKIPME yes");
	freeReplyObject(r);
	turn_for(500);
	write_plain(o, "alert");
	assert_int_equal(output_drain(o), 0);
	assert_non_null(strstr(last_error, "no longer in the journal"));
	r = command("XLEN casus:1:{s1}:alerts");
	assert_int_equal((uint64_t) r->integer - 1 + counters.v[C_REDIS_LOST], 3011 - 10);
	freeReplyObject(r);
	output_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_delivery, setup, teardown),
		cmocka_unit_test_setup_teardown(test_incident_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_redis_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sensor_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restored_redis, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlap_is_success, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_password, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_away_at_start, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tcp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silent_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_consumer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tls, setup, teardown),
		cmocka_unit_test_setup_teardown(test_credential, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set_back_too_far, setup, teardown),
	};

	if (!have_server())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
