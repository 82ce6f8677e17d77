/*
 * Tests of the whole assessment: from events to records. Order within a second and the split among workers do not matter;
 * bands rise at once and fall only when it lasts; loss widens; a reload forgets nothing that was told.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/assess_private.h"

static struct diag d;
static struct counters *cnt;
static struct clock now;
static struct assess *a;
static char inventory[64], context[64], packs[1024], effects[1024];
static struct card cards[] = {
	{ .sid = 1, .gid = 1, .msg = "flood", .classtype = "attempted-dos", .target = 2 },
	{ .sid = 2, .gid = 1, .msg = "shell", .classtype = "successful-admin", .target = 2 },
	{ .sid = 3, .gid = 1, .msg = "beacon", .classtype = "command-and-control", .target = 1 },
};

static void
write_file(char *path, const char *text)
{
	if (!path[0]) {
		snprintf(path, 64, "/tmp/casus-assess-XXXXXX");
		close(mkstemp(path));
	}
	FILE *f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static int
setup(void **state)
{
	const char *top = getenv("top_srcdir");
	struct assess_conf conf = { .join_window = 3600 * NS_PER_S, .campaign_window = 7 * 86400 * NS_PER_S, .quiet_after = 600 * NS_PER_S, .close_after = 86400 * NS_PER_S, .max_incidents = 100 };

	write_file(inventory, "assets:\n  - { name: power, networks: [10.0.0.0/24], owner: JP, sector: energy, criticality: critical, people_served: 500000, services: [ { port: 80 } ] }\n");
	write_file(context, "statements: []\n");
	snprintf(packs, sizeof(packs), "%s/rules/policy", top ? top : ".");
	snprintf(effects, sizeof(effects), "%s/rules/effects.yaml", top ? top : ".");
	conf.inventory = inventory;
	conf.context = context;
	conf.packs = packs;
	conf.effects = effects;
	diag_init(&d, 0);
	cnt = calloc(1, sizeof(*cnt));
	now = (struct clock) { .live = false };
	a = assess_new(&conf, "test", &now, cnt, &d);
	if (!a)
		diag_print(&d, stderr);
	return a ? 0 : -1;
}

static int
teardown(void **state)
{
	assess_free(a);
	diag_clear(&d);
	free(cnt);
	return 0;
}

static struct addr
ip(const char *t)
{
	struct prefix p;

	assert_int_equal(prefix_parse(&p, t), 0);
	return p.a;
}

static struct event
event(uint16_t type, const char *client, const char *server, int64_t ms)
{
	struct event e = { .size = sizeof(e), .type = type, .flags = EVENT_F_FLOW, .ts = ms * 1000000, .flow_start = ms * 1000000, .proto = 6, .server_port = 80 };

	e.flow_id = (uint64_t) ms + 1;
	e.src = e.client = ip(client);
	e.dst = e.server = ip(server);
	return e;
}

static uint32_t records, escalations, ups, downs;

static void
drain(void)
{
	static char room[1 << 20];
	struct assess_record r;
	struct json j;

	while (assess_next(a, &r)) {
		json_init(&j, room, sizeof(room));
		json_object(&j, NULL);
		assess_write(a, &r, &j);
		json_end(&j);
		json_t *root = json_loadb(room, json_text(&j).n, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(root);
		records++;
		if (r.kind == ASSESS_ESCALATION) {
			size_t k;
			json_t *c, *list = json_object_get(json_object_get(root, "escalation"), "changes");
			escalations++;
			assert_true(json_array_size(list) > 0);
			json_array_foreach(list, k, c)
			{
				if (strcmp(json_string_value(json_object_get(c, "direction")), "up") == 0)
					ups++;
				else
					downs++;
			}
		}
		json_decref(root);
	}
}

static void
tick(int64_t second, const struct assess_coverage *cov)
{
	now.now = second * NS_PER_S;
	assess_tick(a, second * NS_PER_S, cov);
	drain();
}

static void
alert(unsigned card, const char *client, const char *server, int64_t ms)
{
	struct event e = event(EVENT_ALERT, client, server, ms);

	assess_event(a, &e, &cards[card], false);
	drain();
}

static void
service(int64_t second, uint32_t syn, uint32_t synack)
{
	struct event e = event(EVENT_FACTS, "0.0.0.0", "10.0.0.1", second * 1000);

	e.facts = (struct event_facts) { .syn = syn, .synack = synack, .bytes = { 100 * syn, 0 }, .packets = { syn, synack } };
	assess_event(a, &e, NULL, false);
}

static const struct notes *
notes_of(uint32_t k)
{
	assert_true(incidents_count(a->incidents) > k);
	return incidents_at(a->incidents, k)->legal;
}

static void
expect(const struct notes *n, const char *id, const char *lo, const char *hi)
{
	for (uint32_t k = 0; k < n->now.bands.n; k++) {
		const struct party_band *b = &n->now.bands.party[k];
		if (strcmp(b->party->id, id) != 0)
			continue;
		if (strcmp(a->packs.band[b->lo].id, lo) != 0 || strcmp(a->packs.band[b->hi].id, hi) != 0)
			fail_msg("%s: %s to %s, expected %s to %s", id, a->packs.band[b->lo].id, a->packs.band[b->hi].id, lo, hi);
		return;
	}
	fail_msg("no party %s", id);
}

/* A flood: the service answers, then hardly any more, then again. `split`: its facts come in two; `swap`: in another order. */
static void
flood(bool split, bool swap, const struct assess_coverage *cov)
{
	for (int64_t t = 1000; t < 2000; t++) {
		bool attack = t >= 1100 && t < 1700;
		uint32_t ok = attack && t > 1105 ? 0 : 4;
		if (attack && !swap && t % 20 == 0)
			alert(0, "198.51.100.7", "10.0.0.1", t * 1000 - 500);
		if (split) {
			service(t, 2, ok / 2);
			service(t, 2, ok - ok / 2);
		} else {
			service(t, 4, ok);
		}
		if (attack && swap && t % 20 == 0)
			alert(0, "198.51.100.7", "10.0.0.1", t * 1000 - 500);
		tick(t, cov);
	}
}

static void
one_alert_proves_nothing(void **state)
{
	alert(1, "198.51.100.7", "10.0.0.1", 1000000);
	tick(1001, NULL);
	expect(notes_of(0), "US", "B0", "B2");
	expect(notes_of(0), "JP", "B0", "B2");
	alert(2, "10.0.0.1", "198.51.100.7", 1002000); /* and then it calls out: another kind, in another flow */
	tick(1003, NULL);
	assert_int_equal(incidents_count(a->incidents), 1);
	expect(notes_of(0), "JP", "B1", "B2");
}

static void
an_outage_is_evidence(void **state)
{
	flood(false, false, NULL);
	assert_int_equal(incidents_count(a->incidents), 1);
	expect(notes_of(0), "JP", "B1", "B3"); /* only blocked, and for minutes: whether that is a breach is open */
	expect(notes_of(0), "US", "B1", "B3");
}

static void
same_for_two_workers_and_any_order(void **state)
{
	struct bands want, got[3];
	struct scale scale[4];

	flood(false, false, NULL);
	want = notes_of(0)->now.bands;
	scale[3] = notes_of(0)->now.facts.scale;
	for (int k = 0; k < 3; k++) {
		teardown(NULL);
		setup(NULL);
		flood(k & 1 || k == 2, k > 0, NULL);
		got[k] = notes_of(0)->now.bands;
		scale[k] = notes_of(0)->now.facts.scale;
		for (uint32_t p = 0; p < want.n; p++) {
			assert_int_equal(got[k].party[p].lo, want.party[p].lo);
			assert_int_equal(got[k].party[p].likely, want.party[p].likely);
			assert_int_equal(got[k].party[p].hi, want.party[p].hi);
		}
		for (unsigned f = 0; f < feature_table_n; f++)
			assert_memory_equal(&scale[k].fact[f].lo, &scale[3].fact[f].lo, 3 * sizeof(double));
	}
}

static void
loss_widens(void **state)
{
	struct assess_coverage lossy = { .packets = 30, .dropped = 70, .sampling = 1 };

	flood(false, false, &lossy);
	expect(notes_of(0), "JP", "B0", "B4"); /* one band wider each way, but not above what it can be at most */
	const struct fact *x = &notes_of(0)->now.facts.scale.fact[feature_index("targets")];
	assert_true(x->hi > x->likely && x->likely > x->lo);
}

static void
up_at_once_down_when_it_lasts(void **state)
{
	uint32_t before;

	write_file(context, "statements:\n  - { id: s, author: A, time: \"1970-01-01T00:20:00Z\", expires: \"1970-01-01T00:25:00Z\", owner: JP, facts: { intrusion_confirmed: 1 } }\n");
	assert_int_equal(assess_reload(a, &d), 0);
	alert(1, "198.51.100.7", "10.0.0.1", 1000000);
	tick(1001, NULL);
	expect(notes_of(0), "JP", "B0", "B2");
	ups = downs = escalations = 0;
	for (int64_t t = 1199; t <= 1202; t++)
		tick(t, NULL);
	assert_int_equal(escalations, 1); /* the statement counts from 1200 s on */
	assert_int_equal(ups, notes_of(0)->now.bands.n);
	expect(notes_of(0), "JP", "B1", "B2");
	before = escalations;
	for (int64_t t = 1500; t < 1795; t++) { /* expired at 1500 */
		tick(t, NULL);
		assert_int_equal(escalations, before);
	}
	for (int64_t t = 1795; t < 1810; t++)
		tick(t, NULL);
	assert_int_equal(escalations, before + 1);
	assert_int_equal(downs, notes_of(0)->now.bands.n);
	write_file(context, "statements: []\n");
}

static int
told_by(const char *channel, struct span text, char why[static 256])
{
	return assess_tell(a, &(struct assess_telling) { text, true, channel, NULL }, why);
}

/* What a person tells while it runs: recorded, counted from the next second on, kept over a reload, over when it expires. */
static void
a_person_tells(void **state)
{
	static char room[65536];
	char why[256];
	uint32_t contexts = 0;
	struct assess_record r;
	struct json j;

	flood(false, false, NULL);
	assert_null(notes_of(0)->now.facts.circumstance);
	assert_true(told_by("control socket", span_str("{ id: t1, author: A }"), why) < 0);
	assert_non_null(strstr(why, "time"));
	assert_true(told_by("control socket", span_str("{ id: t1, author: A, time: \"1970-01-01T00:00:00Z\", circumstance: peacetime }"), why) == 0);
	assert_true(told_by("control socket", span_str("{ id: t2, author: B, time: \"1970-01-01T00:00:00Z\", expires: \"1970-01-01T02:00:00Z\", owner: JP, facts: { deaths: 12 }, confirms: yes }"),
	                why)
	    == 0);
	assert_true(told_by("control socket", span_str("{ id: t2, author: B, time: \"1970-01-01T00:00:00Z\", circumstance: peacetime }"), why) < 0);
	assert_non_null(strstr(why, "told before"));
	while (assess_next(a, &r)) {
		if (r.kind != ASSESS_CONTEXT)
			continue;
		json_init(&j, room, sizeof(room) - 1);
		json_object(&j, NULL);
		assess_write(a, &r, &j);
		json_end(&j);
		room[j.n] = '\0';
		json_t *o = json_loads(room, 0, NULL);
		assert_non_null(o);
		contexts++;
		assert_string_equal(json_string_value(json_object_get(json_object_get(o, "context"), "channel")), "control socket");
		json_decref(o);
	}
	assert_int_equal(contexts, 2);
	tick(2100, NULL);
	assert_string_equal(notes_of(0)->now.facts.circumstance, "peacetime");
	expect(notes_of(0), "JP", "B5", "B5");
	assert_int_equal(assess_reload(a, &d), 0);
	tick(2200, NULL);
	assert_string_equal(notes_of(0)->now.facts.circumstance, "peacetime");
	expect(notes_of(0), "JP", "B5", "B5");
	tick(7300, NULL); /* the report expired */
	expect(notes_of(0), "JP", "B1", "B3");
}

/* Over a restart too; a line that was cut, or is no statement, takes nothing else with it; what has expired is not kept. */
static void
a_restart_forgets_nothing(void **state)
{
	static const char kept[] = "{ id: r1, author: A, time: \"1970-01-01T00:00:00Z\", circumstance: peacetime }";
	static const char over[] = "{ id: r2, author: A, time: \"1970-01-01T00:00:00Z\", expires: \"1970-01-01T00:10:00Z\", circumstance: gray-zone }";
	struct assess_record r;
	char path[64] = "", why[256];
	struct assess_conf conf = a->conf;

	write_file(path, "");
	assert_int_equal(assess_remember(a, path, &d), 0);
	assert_int_equal(told_by(CHANNEL_SOCKET, span_str(kept), why), 0);
	assert_int_equal(told_by(CHANNEL_SOCKET, span_str(over), why), 0);
	assert_int_equal(assess_tell(a, &(struct assess_telling) { SPAN_LIT("{ id: r3 }"), false, CHANNEL_REDIS, "77-1" }, why), E_BAD);
	assert_int_equal(told_by(CHANNEL_SOCKET, span_str(kept), why), E_EXIST);
	for (int run = 0; run < 3; run++) {
		FILE *f = fopen(path, "a");
		fputs(run ? "{\"channel\":\"nowhere\",\"text\":\"x\"}\n{\"channel\":\"redis\",\"te" : "\n", f);
		fclose(f);
		assess_free(a);
		clock_tell(&now, 700 * NS_PER_S);
		a = assess_new(&conf, "test", &now, cnt, &d);
		assert_non_null(a);
		assert_int_equal(assess_remember(a, path, &d), 0);
		assert_int_equal(d.errors, 0);
		assert_int_equal(a->told.passed_over, run ? 2 : 0);
		assert_int_equal(a->told.n, 1);
		assert_string_equal(assess_mark(a), "77-1");
		assert_false(assess_next(a, &r)); /* it is on record */
		alert(1, "198.51.100.7", "10.0.0.1", 1000000);
		tick(1001, NULL);
		assert_string_equal(notes_of(0)->now.facts.circumstance, "peacetime");
	}
	chmod(path, 0666);
	assess_free(a);
	a = assess_new(&conf, "test", &now, cnt, &d);
	assert_int_equal(assess_remember(a, path, &d), E_PERM);
	assert_int_equal(d.errors, 1);
	unlink(path);
}

static void
reload_keeps_what_was_told(void **state)
{
	flood(false, false, NULL);
	escalations = 0;
	assert_int_equal(assess_reload(a, &d), 0);
	tick(2001, NULL);
	assert_int_equal(escalations, 0);
	expect(notes_of(0), "JP", "B1", "B3"); /* the outage was measured before */
	write_file(inventory, "assets:\n  - { name: power, networks: [10.0.0.0/99], owner: JP, sector: energy }\n");
	assert_int_equal(assess_reload(a, &d), -1);
	assert_int_equal(d.errors, 1);
	assert_int_equal(incidents_at(a->incidents, 0)->n_assets, 1);
}

static void
bounded_and_told(void **state)
{
	char client[32], server[32];

	for (unsigned k = 0; k < 300; k++) {
		snprintf(client, sizeof(client), "198.%u.%u.1", 18 + k / 200, k % 200);
		snprintf(server, sizeof(server), "172.%u.%u.1", 16 + k / 200, k % 200);
		alert(1, client, server, (int64_t) 1000000 + k * INT64_C(2000000));
		tick(1001 + k * 2000, NULL);
	}
	assert_true(incidents_count(a->incidents) <= 100);
	assert_int_equal(counter_get(cnt, C_INCIDENTS_REFUSED), 0);
	assert_true(counter_get(cnt, C_INCIDENTS_LEFT) >= 200);
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	assess_summary(a, f, false);
	fclose(f);
	assert_non_null(strstr(text, "prompts for officials"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_alert_proves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(an_outage_is_evidence, setup, teardown),
		cmocka_unit_test_setup_teardown(same_for_two_workers_and_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(loss_widens, setup, teardown),
		cmocka_unit_test_setup_teardown(up_at_once_down_when_it_lasts, setup, teardown),
		cmocka_unit_test_setup_teardown(a_person_tells, setup, teardown),
		cmocka_unit_test_setup_teardown(a_restart_forgets_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(reload_keeps_what_was_told, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded_and_told, setup, teardown),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	unlink(inventory);
	unlink(context);
	return rc;
}
