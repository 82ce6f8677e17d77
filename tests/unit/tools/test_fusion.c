/*
 * Tests of casus-fusion's parts: slots and redirections against nodes that answer as told, TLS, records, joined documents, and a worker
 * over a Redis of its own.
 */
#include <jansson.h>

#include "../pipeline/legal/law.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../pipeline/redis_server.h"
#include "base/clock.h"
#include "base/crowd.h"
#include "base/log.h"
#include "pipeline/output/redis_batch.h"
#include "pipeline/output/redis_tls.h"

#include "fuse.h"
#include "worker.h"

static volatile bool stop;

/* ---- nodes that answer as told ---- */

struct node {
	int fd;
	uint16_t port;
	pthread_t thread;
	const struct node *other;
	const char *gets[4];       /* what GET is answered, one after the other; the last for good */
	bool needs_asking, asking;
	unsigned n_gets, n_slots, n_asking;
};

static void
node_answer(struct node *x, const redisReply *r, char out[static 512])
{
	const char *verb = r->elements ? r->element[0]->str : "";

	if (strcmp(verb, "CLUSTER") == 0) {
		x->n_slots++;
		snprintf(out, 512, "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%u\r\n", x->port);
	} else if (strcmp(verb, "ASKING") == 0) {
		x->n_asking++;
		x->asking = true;
		snprintf(out, 512, "+OK\r\n");
	} else if (x->needs_asking && !x->asking) {
		x->n_gets++;
		snprintf(out, 512, "-MOVED 7 127.0.0.1:%u\r\n", x->other->port);
	} else {
		unsigned k = x->n_gets < 3 ? x->n_gets : 3;
		while (!x->gets[k])
			k--;
		x->asking = false;
		x->n_gets++;
		if (strcmp(x->gets[k], "ASK") == 0 || strcmp(x->gets[k], "MOVED") == 0)
			snprintf(out, 512, "-%s %u 127.0.0.1:%u\r\n", x->gets[k], cluster_slot(SPAN_LIT("k")), x->other->port);
		else
			snprintf(out, 512, "%s\r\n", x->gets[k]);
	}
}

static void *
node_run(void *arg)
{
	struct node *x = arg;
	int c;

	while ((c = accept(x->fd, NULL, NULL)) >= 0) {
		redisReader *reader = redisReaderCreate();
		char bytes[4096], out[512];
		ssize_t n;
		while ((n = read(c, bytes, sizeof bytes)) > 0) {
			void *r;
			redisReaderFeed(reader, bytes, (size_t) n);
			while (redisReaderGetReply(reader, &r) == REDIS_OK && r) {
				node_answer(x, r, out);
				freeReplyObject(r);
				if (write(c, out, strlen(out)) < 0)
					break;
			}
		}
		redisReaderFree(reader);
		close(c);
	}
	return NULL;
}

static void
node_start(struct node *x, const struct node *other)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;

	x->other = other;
	x->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(x->fd, (struct sockaddr *) &a, sizeof a), 0);
	assert_int_equal(listen(x->fd, 4), 0);
	assert_int_equal(getsockname(x->fd, (struct sockaddr *) &a, &n), 0);
	x->port = ntohs(a.sin_port);
}

static void
node_go(struct node *x)
{
	assert_int_equal(pthread_create(&x->thread, NULL, node_run, x), 0);
}

static void
node_end(struct node *x)
{
	shutdown(x->fd, SHUT_RDWR);
	close(x->fd);
	pthread_join(x->thread, NULL);
}

static struct cluster *
cluster_at(uint16_t port, const struct redis_tls *tls, int64_t patience)
{
	static char nodes[32];
	struct cluster_conf c = { .nodes = nodes, .tls = tls, .timeout = 2 * NS_PER_S, .patience = patience, .stop = &stop };

	snprintf(nodes, sizeof nodes, "127.0.0.1:%u", port);
	return cluster_new(&c);
}

static void
get(struct cluster *c, const char *expected)
{
	struct span args[2] = { SPAN_LIT("GET"), SPAN_LIT("k") };
	redisReply *r = cluster_command(c, args[1], args, 2);

	if (!r || !r->str || strcmp(r->str, expected) != 0)
		fail_msg("\"%s\", expected \"%s\"", r && r->str ? r->str : cluster_why(c), expected);
	freeReplyObject(r);
}

static void
slots(void **state)
{
	assert_int_equal(cluster_slot(SPAN_LIT("123456789")), 0x31c3); /* the specification's own example */
	assert_int_equal(cluster_slot(SPAN_LIT("{user1000}.following")), cluster_slot(SPAN_LIT("user1000")));
	assert_int_equal(cluster_slot(SPAN_LIT("foo{{bar}}zap")), cluster_slot(SPAN_LIT("{bar")));
	assert_int_not_equal(cluster_slot(SPAN_LIT("foo{}{bar}")), cluster_slot(SPAN_LIT("bar")));
	assert_int_equal(cluster_slot(SPAN_LIT("{I-1}:hosts:a")), cluster_slot(SPAN_LIT("{I-1}:few:b")));
	assert_int_equal(cluster_slot(SPAN_NONE), 0);
}

static void
redirections(void **state)
{
	static const char *const bad[] = { "", "MOVED", "MOVED 1", "MOVED 1 host", "MOVED 16384 h:1", "MOVED 1 h:0", "MOVED 1 h:65536", "MOVED 1 h:1x", "ASKED 1 h:1",
		"ERR MOVED 1 h:1" };
	char host[64];
	unsigned slot;
	uint16_t port;
	bool ask;

	assert_true(cluster_redirection("MOVED 3999 127.0.0.1:6381", &ask, &slot, host, &port));
	assert_false(ask);
	assert_int_equal(slot, 3999);
	assert_string_equal(host, "127.0.0.1");
	assert_int_equal(port, 6381);
	assert_true(cluster_redirection("ASK 0 ::1:7", &ask, &slot, host, &port));
	assert_true(ask);
	assert_string_equal(host, "::1");
	assert_true(cluster_redirection("MOVED 1 :7", &ask, &slot, host, &port)); /* the same host */
	assert_string_equal(host, "");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (cluster_redirection(bad[i], &ask, &slot, host, &port))
			fail_msg("\"%s\" is no redirection", bad[i]);
}

/* While a slot moves: ASK is for one command, and its node wants to hear ASKING first. */
static void
ask_followed(void **state)
{
	struct node a = { .gets = { "ASK" } }, b = { .gets = { "$1\r\nv" }, .needs_asking = true };
	struct cluster *c;
	uint64_t redirected, lost;

	node_start(&a, &b);
	node_start(&b, &a);
	node_go(&a);
	node_go(&b);
	c = cluster_at(a.port, NULL, NS_PER_S);
	for (int i = 0; i < 3; i++)
		get(c, "v");
	cluster_counts(c, &redirected, &lost);
	assert_int_equal(redirected, 3);
	assert_int_equal(lost, 0);
	cluster_free(c);
	node_end(&a);
	node_end(&b);
	assert_int_equal(a.n_gets, 3); /* the slot is still the first one's */
	assert_int_equal(b.n_gets, 3);
	assert_int_equal(b.n_asking, 3);
	assert_int_equal(a.n_slots, 1);
}

/* Once it has moved: the next command goes there at once. */
static void
moved_followed(void **state)
{
	struct node a = { .gets = { "MOVED" } }, b = { .gets = { "$1\r\nv" } };
	struct cluster *c;

	node_start(&a, &b);
	node_start(&b, &a);
	node_go(&a);
	node_go(&b);
	c = cluster_at(a.port, NULL, NS_PER_S);
	for (int i = 0; i < 3; i++)
		get(c, "v");
	cluster_free(c);
	node_end(&a);
	node_end(&b);
	assert_int_equal(a.n_gets, 1);
	assert_int_equal(b.n_gets, 3);
	assert_int_equal(b.n_asking, 0);
}

static void
trouble_passes(void **state)
{
	struct node a = { .gets = { "-TRYAGAIN of a slot that moves", "-LOADING", "$1\r\nv" } }, full = { .gets = { "-OOM no memory" } };
	struct span args[2] = { SPAN_LIT("GET"), SPAN_LIT("k") };
	struct cluster *c;

	node_start(&a, &a);
	node_go(&a);
	c = cluster_at(a.port, NULL, 5 * NS_PER_S);
	get(c, "v");
	cluster_free(c);
	node_end(&a);
	node_start(&full, &full);
	node_go(&full);
	c = cluster_at(full.port, NULL, 100 * NS_PER_MS);
	assert_null(cluster_command(c, args[1], args, 2));
	assert_string_equal(cluster_why(c), "OOM no memory");
	cluster_free(c);
	node_end(&full);
}

/* ---- records and documents ---- */

#define FACT(name, n) "\"" name "\":{\"lo\":" n ",\"likely\":" n ",\"hi\":" n ",\"method\":\"test\"},"

static unsigned targets = 3;

/* As a sensor tells it: two victims of its own and one that others see, one attacker. */
static const char *
document(char out[static 4096], const char *id, unsigned revision, char site, const char *more)
{
	snprintf(out, 4096,
	    "{\"id\":\"%s\",\"revision\":%u,\"state\":\"open\",\"first\":\"2026-01-01T00:00:0%c.000000+0000\",\"last\":\"2026-01-01T00:10:0%c.000000+0000\","
	    "\"alerts\":%u,\"suppressed\":0,\"effects\":{\"intrusion\":{\"alerts\":4,\"first\":\"2026-01-01T00:00:00.000000+0000\",\"last\":\"2026-01-01T00:10:00.000000+0000\"}},"
	    "\"signatures\":[{\"gid\":1,\"signature_id\":7,\"signature\":\"s\",\"effect\":\"intrusion\",\"alerts\":4,\"suppressed\":0}],\"folded_alerts\":0,"
	    "\"victims\":[{\"ip\":\"10.0.0.%c\",\"asset\":\"plant\",\"alerts\":2,\"effects\":[\"intrusion\"]},{\"ip\":\"10.0.1.%c\",\"asset\":\"plant\",\"alerts\":1,\"effects\":[\"intrusion\"]},"
	    "{\"ip\":\"10.0.0.9\",\"asset\":\"plant\",\"alerts\":1,\"effects\":[\"intrusion\"]}],"
	    "\"attackers\":[{\"ip\":\"5.6.7.8\",\"alerts\":4,\"effects\":[\"intrusion\"]}],"
	    "\"assets\":[{\"name\":\"plant\",\"owner\":\"JP\",\"territory\":\"JP\",\"sector\":\"energy\",\"class\":\"civil\",\"criticality\":\"critical\",\"zone\":\"ot\"}],"
	    "\"scale\":{\"targets\":{\"lo\":%u,\"likely\":%u,\"hi\":%u,\"method\":\"test\"}," FACT("sources", "1") FACT("duration_s", "600") FACT("sign_kinds", "1") FACT("signatures", "1") FACT("pivots", "0") "\"coverage\":1,\"coverage_why\":\"no loss known\","
	    "\"outages\":[],\"inventory\":[]},\"legal\":{\"circumstance\":\"unknown\",\"attribution\":\"none\",\"human_confirmation\":false,\"linked_incidents\":0},"
	    "\"unknowns\":[],\"statements\":[]%s}", id, revision, site, site, 4 * revision, site, site, targets, targets,
	    targets, more);
	return out;
}

static const char *
record(char out[static 5120], const char *sensor, const char *id, unsigned revision, char site, const char *more)
{
	char doc[4096];

	snprintf(out, 5120, "{\"event_type\":\"incident\",\"casus\":{\"v\":1,\"sensor\":\"%s\",\"incident\":%s}}", sensor, document(doc, id, revision, site, more));
	return out;
}

static void
records(void **state)
{
	char text[5120], why[128];
	struct record r;

	assert_int_equal(record_read(&r, span_str(record(text, "a", "I-20260101-00000001", 1, '1', "")), "a", why), 0);
	assert_string_equal(r.id, "I-20260101-00000001");
	assert_int_equal(r.last - r.first, 600000);
	assert_int_equal(r.n_links, 5); /* itself, the attacker, three victims of an inventory */
	assert_string_equal(r.link[1], "a/5.6.7.8//");
	record_clear(&r);
	assert_int_equal(record_read(&r, span_str(record(text, "a", "I-20260101-00000001", 1, '1', ",\"exercise\":true")), "a", why), 0);
	assert_true(r.exercise);
	assert_string_equal(r.link[1], "xa/5.6.7.8//"); /* a drill joins drills alone */
	record_clear(&r);
	record(text, "a", "I-20260101-00000001", 1, '1', "");
	assert_int_equal(record_read(&r, span_str(text), "b", why), E_BAD); /* another sensor's stream */
	record_clear(&r);
	assert_int_equal(record_read(&r, span_of(text, strlen(text) - 1), "a", why), E_BAD);
	record_clear(&r);
	assert_int_equal(record_read(&r, span_str(record(text, "a", "A-20260101-00000001", 1, '1', "")), "a", why), E_BAD);
	record_clear(&r);
	assert_int_equal(record_read(&r, span_str(record(text, "a", "I-20260101-00000001", 0, '1', "")), "a", why), E_BAD);
	record_clear(&r);
	assert_int_equal(record_read(&r, span_str(record(text, "a", "I-20260101-00000001", 1, '1', ",\"deep\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]")), "a", why), E_BAD);
	record_clear(&r);
}

static double
number_at(const json_t *doc, const char *object, const char *name, const char *key)
{
	const json_t *o = json_object_get(doc, object);

	return json_number_value(json_object_get(name ? json_object_get(o, name) : o, key));
}

/* Two sensors, five victims: what both may have counted is not added up, where nothing is shared it is. */
static void
joined(void **state)
{
	char text[2][4096], why[256];
	json_t *a = json_loads(document(text[0], "I-20260101-00000001", 2, '1', ""), 0, NULL), *b = json_loads(document(text[1], "I-20260101-00000002", 1, '2', ""), 0, NULL);
	struct fuse_member m[2] = { { "a", a }, { "b", b } };
	struct fuse_in in = { &packs, &effects, m, 2, "A-20260101-00000003", 4, 5, true };
	json_t *doc = fuse(&in, why), *one;

	assert_non_null(doc);
	assert_string_equal(json_string_value(json_object_get(doc, "id")), "A-20260101-00000003");
	assert_int_equal(json_integer_value(json_object_get(doc, "revision")), 4);
	assert_int_equal(json_array_size(json_object_get(doc, "victims")), 5);
	assert_int_equal(json_array_size(json_object_get(doc, "attackers")), 1);
	assert_int_equal(json_array_size(json_object_get(doc, "sensors")), 2);
	assert_int_equal(json_integer_value(json_object_get(doc, "alerts")), 8); /* the larger: they share a victim */
	assert_true(number_at(doc, "hosts", NULL, "likely") == 5);
	assert_true(number_at(doc, "scale", "targets", "lo") == 5 && number_at(doc, "scale", "targets", "hi") == 5);
	assert_string_equal(json_string_value(json_object_get(doc, "first")), "2026-01-01T00:00:01.000000+0000");
	assert_string_equal(json_string_value(json_object_get(doc, "last")), "2026-01-01T00:10:02.000000+0000");
	json_array_remove(json_object_get(b, "victims"), 2);
	json_decref(doc);
	in.hosts = 6;
	doc = fuse(&in, why);
	assert_int_equal(json_integer_value(json_object_get(doc, "alerts")), 12); /* nothing is shared */
	json_decref(doc);
	json_object_set_new(b, "state", json_string("merged")); /* its sensor joined it with another of its own */
	doc = fuse(&in, why);
	in.n = 1;
	one = fuse(&in, why);
	assert_true(json_equal(json_object_get(doc, "parties"), json_object_get(one, "parties")));
	assert_int_equal(json_integer_value(json_object_get(doc, "alerts")), 8);
	json_decref(doc);
	json_decref(one);
	json_object_set_new(a, "state", json_string("merged"));
	assert_null(fuse(&in, why));
	json_decref(a);
	json_decref(b);
}

/* ---- a worker over Redis ---- */

static int
server_setup(void **state)
{
	server_begin();
	log_init(LOG_LEVEL_ERROR);
	return 0;
}

static int
server_teardown(void **state)
{
	server_end();
	return 0;
}

static redisReply *
send_args(unsigned n, const char **args)
{
	redisContext *c = client();
	redisReply *r;

	assert_non_null(c);
	r = redisCommandArgv(c, (int) n, args, NULL);
	assert_non_null(r);
	if (r->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", args[0], r->str);
	redisFree(c);
	return r;
}

static void
tell(const char *sensor, const char *id, unsigned revision, char site)
{
	char text[5120], key[64], entry[32];
	const char *args[9] = { "XADD", key, entry, "j", text, "t", "incident", "e", "x" };

	snprintf(key, sizeof key, "casus:1:{%s}:alerts", sensor);
	snprintf(entry, sizeof entry, "%u-0", revision);
	record(text, sensor, id, revision, site, "");
	freeReplyObject(send_args(9, args));
}

/* Hosts from..to of an incident, as the sink writes them. */
static void
tell_hosts(const char *sensor, const char *id, uint64_t from, uint64_t to, bool few)
{
	char hosts[96], list[96], text[CROWD_TEXT];

	snprintf(hosts, sizeof hosts, "casus:1:{%s}:hosts:%s", id, sensor);
	snprintf(list, sizeof list, "casus:1:{%s}:few:%s", id, sensor);
	for (uint64_t k = from; k < to; k++) {
		crowd_text(k * UINT64_C(0x9e3779b97f4a7c15), text);
		freeReplyObject(send_args(3, (const char *[]) { "PFADD", hosts, text }));
		if (few)
			freeReplyObject(send_args(4, (const char *[]) { "ZADD", list, "0", text }));
	}
}

static void
work(struct worker *w, struct cluster *c, const char *name)
{
	w->from = c;
	w->alliance = (struct alliance) { .to = c, .from = c, .prefix = "casus:1:", .name = "fusion", .packs = &packs, .effects = &effects,
		.join_window = 3600 * NS_PER_S, .campaign_window = 7 * 86400 * NS_PER_S, .keep = 86400 * NS_PER_S, .maxlen = 1000 };
	w->group = "fusion";
	w->name = name;
	w->batch = 10;
	w->claim_after = 100 * NS_PER_MS;
	w->stop = &stop;
	if (!w->n_sensors)
		assert_int_equal(worker_sensors(w, "a,b", &d), 0);
	for (int n = 1, i = 0; (n > 0 || i < 3) && i < 100; i++) {
		n = worker_round(w);
		assert_true(n >= 0);
	}
}

/* The only incident of the view. */
static json_t *
view(void)
{
	redisReply *ids = command("ZRANGE casus:1:alliance 0 -1"), *r;
	char key[96];
	json_t *all, *doc;

	assert_int_equal(ids->elements, 1);
	snprintf(key, sizeof key, "casus:1:{%s}:incident", ids->element[0]->str);
	freeReplyObject(ids);
	r = send_args(3, (const char *[]) { "HGET", key, "j" });
	all = json_loads(r->str, 0, NULL);
	doc = json_incref(json_object_get(json_object_get(all, "casus"), "incident"));
	freeReplyObject(r);
	json_decref(all);
	assert_non_null(doc);
	return doc;
}

static struct cluster *
over_socket(void)
{
	struct cluster_conf c = { .socket = sock, .timeout = 2 * NS_PER_S, .patience = NS_PER_S, .stop = &stop };

	return cluster_new(&c);
}

static void
one_view(struct cluster *c)
{
	struct worker w = { 0 }, again = { 0 };
	json_t *doc, *same;

	tell_hosts("a", "I-20260101-00000001", 0, 150, true);
	tell_hosts("b", "I-20260101-00000002", 100, 300, true);
	tell("a", "I-20260101-00000001", 1, '1');
	tell("b", "I-20260101-00000002", 1, '2');
	tell("a", "I-20260101-00000001", 2, '1');
	work(&w, c, "w1");
	assert_int_equal(w.incidents, 3);
	assert_int_equal(w.refused, 0);
	doc = view();
	assert_int_equal(json_array_size(json_object_get(doc, "sensors")), 2);
	assert_int_equal(json_integer_value(json_object_get(doc, "alerts")), 8);
	freeReplyObject(command("XGROUP DESTROY casus:1:{a}:alerts fusion")); /* all of it once more */
	work(&again, c, "w2");
	assert_int_equal(again.incidents, 2);
	assert_int_equal(again.alliance.published, 0);
	same = view();
	assert_true(json_equal(doc, same));
	json_decref(doc);
	json_decref(same);
}

static void
worker_view(void **state)
{
	struct cluster *c = over_socket();

	one_view(c);
	cluster_free(c);
}

/* What a worker read and did not acknowledge another one takes over. */
static void
worker_dead(void **state)
{
	struct cluster *c = over_socket();
	struct worker w = { 0 };
	json_t *doc;

	freeReplyObject(command("XGROUP CREATE casus:1:{a}:alerts fusion 0 MKSTREAM"));
	tell("a", "I-20260101-00000001", 1, '1');
	freeReplyObject(command("XREADGROUP GROUP fusion dead STREAMS casus:1:{a}:alerts >"));
	work(&w, c, "w1");
	assert_int_equal(w.claimed, 0);
	usleep(150000);
	work(&w, c, "w1");
	assert_int_equal(w.claimed, 1);
	doc = view();
	json_decref(doc);
	cluster_free(c);
}

/* Exactly while all of them tell every one; by the sketch when one does not. */
static void
worker_hosts(void **state)
{
	struct cluster *c = over_socket();
	struct worker w = { 0 };
	json_t *doc;

	targets = 1500; /* more than have names */
	tell_hosts("a", "I-20260101-00000001", 0, 1500, true);
	tell_hosts("b", "I-20260101-00000002", 1000, 2500, true);
	tell("a", "I-20260101-00000001", 1, '1');
	tell("b", "I-20260101-00000002", 1, '2');
	work(&w, c, "w1");
	doc = view();
	assert_true(number_at(doc, "hosts", NULL, "likely") == 2500);
	assert_true(number_at(doc, "hosts", NULL, "lo") == 2500 && number_at(doc, "hosts", NULL, "hi") == 2500);
	json_decref(doc);
	tell_hosts("b", "I-20260101-00000002", 2500, 3500, false); /* too many to be told one by one */
	freeReplyObject(command("DEL casus:1:{I-20260101-00000002}:few:b"));
	tell("b", "I-20260101-00000002", 2, '2');
	work(&w, c, "w1");
	doc = view();
	assert_in_range(number_at(doc, "hosts", NULL, "likely"), 3430, 3570);
	assert_true(number_at(doc, "hosts", NULL, "lo") < number_at(doc, "hosts", NULL, "likely"));
	json_decref(doc);
	targets = 3;
	cluster_free(c);
}

static void
over_tls(void **state)
{
	static char path[4][TMPDIR_LEN + 16];
	struct output_conf good = { .redis_host = "node", .redis_tls_ca = path[0], .redis_tls_cert = path[1], .redis_tls_key = path[2] }, bad[3];
	int port = 20000 + getpid() % 20000;
	struct span args[1] = { SPAN_LIT("PING") };
	struct redis_tls *tls;
	struct cluster *c;

	if (!certificates_make())
		skip();
	snprintf(path[0], sizeof path[0], "%s/ca.pem", dir);
	snprintf(path[1], sizeof path[1], "%s/client.pem", dir);
	snprintf(path[2], sizeof path[2], "%s/client.key", dir);
	snprintf(path[3], sizeof path[3], "%s/other.pem", dir);
	bad[0] = bad[1] = bad[2] = good;
	bad[0].redis_tls_ca = path[3];
	bad[1].redis_tls_cert = bad[1].redis_tls_key = NULL;
	bad[2].redis_tls_name = "elsewhere.example";
	server_kill();
	server_start_tls(port);
	for (int i = 0; i < 3; i++) {
		tls = redis_tls_new(&bad[i], &d);
		assert_non_null(tls);
		c = cluster_at((uint16_t) port, tls, 50 * NS_PER_MS);
		assert_null(cluster_command(c, SPAN_LIT("k"), args, 1));
		if (i != 1 && !strstr(cluster_why(c), "certificate is refused"))
			fail_msg("case %d: %s", i, cluster_why(c));
		cluster_free(c);
		redis_tls_free(tls);
	}
	tls = redis_tls_new(&good, &d);
	c = cluster_at((uint16_t) port, tls, NS_PER_S);
	one_view(c);
	cluster_free(c);
	redis_tls_free(tls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(slots), cmocka_unit_test(redirections), cmocka_unit_test(ask_followed), cmocka_unit_test(moved_followed),
		cmocka_unit_test(trouble_passes), cmocka_unit_test(records), cmocka_unit_test(joined),
		cmocka_unit_test_setup_teardown(worker_view, server_setup, server_teardown), cmocka_unit_test_setup_teardown(worker_dead, server_setup, server_teardown),
		cmocka_unit_test_setup_teardown(worker_hosts, server_setup, server_teardown), cmocka_unit_test_setup_teardown(over_tls, server_setup, server_teardown) };

	return cmocka_run_group_tests(tests, law_setup, law_teardown);
}
