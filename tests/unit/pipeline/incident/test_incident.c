/*
 * Tests of incidents: what joins and what does not, merging, states, bounds.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pipeline/incident/incident.h"

#define HOUR (3600 * NS_PER_S)

static struct diag d;
static struct effects effects;
static struct inventory inv;
static struct counters *cnt;
static struct incidents *s;
static struct card card = { .sid = 1, .gid = 1, .msg = "m" };
static uint64_t flows;

static int
setup_all(void **state)
{
	char path[1024];
	const char *top = getenv("top_srcdir");

	diag_init(&d, 0);
	cnt = calloc(1, sizeof(*cnt));
	snprintf(path, sizeof(path), "%s/rules/effects.yaml", top ? top : ".");
	return effects_read(&effects, path, &d);
}

static int
teardown_all(void **state)
{
	effects_clear(&effects);
	diag_clear(&d);
	free(cnt);
	return 0;
}

static int
setup(void **state)
{
	s = incidents_new(&(struct incidents_conf) { 64, HOUR, 7 * 24 * HOUR, 600 * NS_PER_S, 24 * HOUR }, cnt, NULL);
	memset(cnt, 0, sizeof(*cnt));
	return s ? 0 : -1;
}

static int
teardown(void **state)
{
	incidents_free(s);
	return 0;
}

static struct addr
ip(uint32_t v)
{
	char t[32];
	struct prefix p;

	snprintf(t, sizeof(t), "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
	assert_int_equal(prefix_parse(&p, t), 0);
	return p.a;
}

#define NET(a, b, c, d) ((uint32_t) (a) << 24 | (uint32_t) (b) << 16 | (uint32_t) (c) << 8 | (uint32_t) (d))

static struct event
event_between(uint32_t client, uint32_t server, int64_t second)
{
	struct event e = { .size = sizeof(e), .type = EVENT_ALERT, .flags = EVENT_F_FLOW, .ts = second * NS_PER_S, .flow_start = second * NS_PER_S };

	e.flow_id = ++flows;
	e.src = e.client = ip(client);
	e.dst = e.server = ip(server);
	return e;
}

static struct incident *
tell(const char *effect, uint32_t client, uint32_t server, int64_t second)
{
	struct event e = event_between(client, server, second);
	const struct effect *f = effects_find(&effects, effect);
	struct card c = { .sid = 1 + f->index, .gid = 1, .msg = "m" };

	return incidents_alert(s, &inv, &e, &c, f, &effects, false);
}

#define OUT(n) NET(198, 51, 100, n)
#define IN(n) NET(10, 0, n, 1)

static void
joins(void **state)
{
	struct incident *a = tell("intrusion", OUT(1), IN(1), 1000);

	assert_non_null(a);
	assert_ptr_equal(tell("intrusion", OUT(1), IN(2), 1100), a);         /* the same attacker */
	assert_ptr_equal(tell("lateral", IN(1), IN(3), 1200), a);            /* a victim attacks */
	assert_ptr_equal(tell("c2", IN(3), OUT(9), 1300), a);                /* the same victim calls out */
	assert_ptr_not_equal(tell("intrusion", NET(203, 0, 113, 2), NET(10, 9, 9, 9), 1300), a);
	assert_ptr_equal(tell("intrusion", OUT(2), NET(10, 9, 8, 9), 1310), a);     /* the same signature from its network */
	assert_ptr_not_equal(tell("denial", OUT(7), IN(2), 9000), a);               /* the same victim, much later */
	assert_null(tell("collection", OUT(77), NET(10, 8, 8, 8), 9000));    /* opens nothing alone */
	assert_int_equal(a->alerts, 5);
	assert_int_equal(a->n_victims, 4);
}

static void
merging_keeps_the_older(void **state)
{
	struct incident *a = tell("intrusion", OUT(1), IN(1), 1000), *b = tell("denial", OUT(2), IN(2), 1010);
	struct event e = event_between(OUT(2), IN(2), 1020);

	assert_ptr_not_equal(a, b);
	e.type = EVENT_FLOW;
	e.facts = (struct event_facts) { .payload = { 10, 500 } };
	assert_ptr_equal(incidents_flow(s, &effects, &e), b);
	b->peak_bps = 1e6;
	assert_ptr_equal(tell("intrusion", OUT(2), IN(1), 1030), a); /* the attacker of one on the victim of the other */
	assert_int_equal(b->state, INCIDENT_MERGED);
	assert_ptr_equal(b->merged_into, a);
	assert_int_equal(a->alerts, 3);
	assert_int_equal(a->bytes_out, 500);
	assert_true(a->peak_bps >= 1e6);
	assert_ptr_equal(tell("denial", OUT(2), IN(2), 1040), a);
	assert_int_equal(a->first, 1000 * NS_PER_S);
}

static void
quiet_and_closed(void **state)
{
	struct incident *a = tell("intrusion", OUT(1), IN(1), 1000);

	assert_false(incidents_tick(s, 1100 * NS_PER_S));
	assert_true(incidents_tick(s, 1700 * NS_PER_S));
	assert_int_equal(a->state, INCIDENT_QUIET);
	tell("intrusion", OUT(1), IN(1), 1800);
	assert_int_equal(a->state, INCIDENT_OPEN);
	assert_true(incidents_tick(s, 1800 * NS_PER_S + 25 * HOUR));
	assert_int_equal(a->state, INCIDENT_CLOSED);
	assert_ptr_not_equal(tell("denial", OUT(2), IN(1), 1800 + 25 * 3600), a); /* nothing in common but the victim */
	assert_int_equal(a->state, INCIDENT_CLOSED);
	assert_ptr_equal(tell("intrusion", OUT(1), IN(1), 1800 + 26 * 3600), a);  /* the same attacker: opened again */
	assert_int_equal(a->state, INCIDENT_REOPENED);
	assert_true(incidents_tick(s, 1800 * NS_PER_S + 27 * HOUR));
	assert_int_equal(a->state, INCIDENT_QUIET);
	assert_ptr_not_equal(tell("intrusion", OUT(1), IN(1), 1800 + 10 * 86400), a); /* longer than a campaign's gap */
}

/* A sign every few hours for days, from ever new addresses of what is one infrastructure. */
static void
low_and_slow(void **state)
{
	struct incident *a = tell("c2", IN(1), OUT(1), 1000), *b;

	for (unsigned k = 2; k < 12; k++) {
		incidents_tick(s, (1000 + k * 20000) * NS_PER_S);
		assert_ptr_equal(tell("c2", IN(1), OUT(k), 1000 + k * 20000), a); /* one signature, one victim */
	}
	b = tell("lateral", IN(1), IN(2), 1000 + 12 * 20000); /* and goes on from there */
	assert_ptr_equal(b, a);
	assert_ptr_not_equal(tell("c2", NET(10, 0, 1, 9), OUT(99), 1000 + 13 * 20000), a); /* a neighbour, hours later */
}

static struct incident *
tell_text(const char *effect, uint32_t client, uint32_t server, int64_t second, uint32_t sid, const char *text)
{
	static union {
		struct event e;
		char room[sizeof(struct event) + 1024];
	} u;
	struct card c = { .sid = sid, .gid = 1, .msg = "m" };

	u.e = event_between(client, server, second);
	u.e.text_n = (uint32_t) strlen(text);
	memcpy(u.e.text, text, u.e.text_n);
	return incidents_alert(s, &inv, &u.e, &c, effects_find(&effects, effect), &effects, false);
}

/* One case: does what the second text has join it to what the first one told, hours later? */
static void
one_trait(const char *first, const char *second, const char *effect, uint32_t sid, bool joins)
{
	static uint32_t net;
	struct incident *a, *b;

	net += 4;
	a = tell_text(effect, NET(10, 50, net, 1), NET(192, 0, net, 9), 1000, 10 + net, first);
	b = tell_text(effect, NET(10, 50, net + 1, 1), NET(192, 0, net + 2, 9), 20000, sid ? sid : 10 + net, second);
	assert_non_null(a);
	if (joins)
		assert_ptr_equal(a, b);
	else
		assert_ptr_not_equal(a, b);
}

static void
shared_infrastructure(void **state)
{
	static const char name[] = "\"tls\":{\"sni\":\"drop.example.net\",\"version\":\"TLS 1.2\"}";
	static const char tool[] = "\"tls\":{\"ja3\":{\"hash\":\"51c64c77e60f3980eea90869b68c58a8\",\"string\":\"771,1-2,3,4,5\"},\"ja4\":\"t12i1_d8_2d\"}";
	static const char file[] = "\"http\":{\"hostname\":\"h%d\"},\"files\":[{\"filename\":\"a \\\"b\\\".exe\",\"sha256\":\"0badc0de\"}]";

	one_trait(name, name, "c2", 1, true);
	one_trait(name, "\"dns\":{\"query\":[{\"rrname\":\"drop.example.net\"}]}", "c2", 2, true);
	one_trait(name, "\"tls\":{\"sni\":\"other.example.net\"}", "c2", 3, false);
	one_trait("\"tls\":{\"sni\":\"192.0.2.1\"}", "\"tls\":{\"sni\":\"192.0.2.1\"}", "c2", 4, false);
	one_trait("\"http\":{\"hostname\":\"www.victim.example\"}", "\"http\":{\"hostname\":\"www.victim.example\"}", "intrusion", 5, false);
	one_trait("\"tls\":{\"fingerprint\":\"73:30:0a\"}", "\"tls\":{\"fingerprint\":\"73:30:0a\"}", "c2", 6, true);
	one_trait(tool, tool, "intrusion", 0, true);   /* with one signature */
	one_trait(tool, tool, "intrusion", 7, false);  /* half the world has that library */
	one_trait(file, file, "lateral", 8, true);
	one_trait("\"tls\":{\"sni\":\"cut", "\"tls\":{\"sni\":\"cut", "c2", 9, false);
	one_trait("}}}]]\"", "\"sha1\":\"\\", "c2", 99, false);
}

static void
a_resolver_is_nobodys(void **state)
{
	struct event e = event_between(NET(10, 60, 1, 1), OUT(53), 1000), f = event_between(NET(10, 61, 1, 1), OUT(53), 1010);
	struct card other = { .sid = 77, .gid = 1, .msg = "n" };

	snprintf(e.app_proto, sizeof(e.app_proto), "dns");
	snprintf(f.app_proto, sizeof(f.app_proto), "dns");
	struct incident *a = incidents_alert(s, &inv, &e, &card, effects_find(&effects, "c2"), &effects, false);
	assert_ptr_not_equal(incidents_alert(s, &inv, &f, &other, effects_find(&effects, "c2"), &effects, false), a);
}

/* Different things in one network are different; so many that it is a wave are one; and alike ones are. */
static void
neighbours(void **state)
{
	struct card c = card;
	struct incident *i[20], *a = tell("c2", NET(10, 70, 0, 1), OUT(1), 1000);

	assert_ptr_equal(tell("c2", NET(10, 70, 0, 2), NET(203, 0, 113, 1), 1010), a);
	for (uint32_t k = 0; k < 20; k++) {
		struct event e = event_between(NET(10, 71, 0, k + 1), NET(203, k, 1, 1), 1000 + k);
		c.sid = 100 + k;
		i[k] = incidents_alert(s, &inv, &e, &c, effects_find(&effects, "c2"), &effects, false);
	}
	assert_ptr_not_equal(i[0], i[1]);
	assert_ptr_equal(i[18], i[19]);
	assert_int_equal(incidents_count(s), 1 + 8);
}

static void
group_addresses_are_no_victim(void **state)
{
	struct incident *a = tell("intrusion-attempt", NET(10, 80, 1, 1), NET(239, 255, 255, 250), 1000);

	assert_ptr_not_equal(tell("intrusion-attempt", NET(10, 81, 1, 1), NET(239, 255, 255, 250), 1010), a);
	assert_ptr_equal(tell("intrusion-attempt", NET(10, 80, 1, 1), NET(239, 255, 255, 250), 1020), a);
}

static void
company(void **state)
{
	struct event e = event_between(OUT(1), IN(1), 1010), own = event_between(IN(1), OUT(50), 1020), far = event_between(IN(3), OUT(50), 1030);
	struct incident *a;

	assert_null(incidents_company(s, &e));
	a = tell("intrusion", OUT(1), IN(1), 1000);
	assert_ptr_equal(incidents_company(s, &e), a);
	assert_ptr_equal(incidents_company(s, &own), a); /* what the host that was hit does */
	assert_null(incidents_company(s, &far));
	assert_int_equal(a->alerts, 1);
	assert_int_equal(a->others, 2);
	assert_int_equal(a->last, 1000 * NS_PER_S);
}

static void
noise_draws_nothing_in(void **state)
{
	struct incident *scans = NULL, *real;

	for (unsigned k = 1; k <= 40; k++)
		scans = tell("scan", OUT(k), IN(1), 1000 + k);
	assert_int_equal(hll_count(&scans->sources), 40);
	real = tell("intrusion", OUT(7), IN(1), 1100);
	assert_ptr_not_equal(real, scans);
	assert_ptr_equal(tell("scan", OUT(7), IN(1), 1110), real); /* what this attacker does belongs to it */
	scans = tell("scan", OUT(90), IN(1), 1120);
	assert_ptr_not_equal(scans, real);                         /* what others do, not */
	assert_int_equal(scans->state, INCIDENT_OPEN);
}

static void
few_attempts_belong(void **state)
{
	struct incident *a = tell("scan", OUT(1), IN(1), 1000);

	assert_ptr_equal(tell("intrusion-attempt", OUT(1), IN(1), 1010), a);
	assert_ptr_equal(tell("c2", IN(1), OUT(5), 1020), a);
}

static void
full_of_closed_ones(void **state)
{
	char first[40];

	for (unsigned k = 0; k < 64; k++) {
		struct incident *i = tell("intrusion", NET(1, 2, k, 1), NET(10, 1, k, 1), 1000 + k);
		if (!k)
			memcpy(first, i->id, sizeof(first));
	}
	assert_int_equal(incidents_count(s), 64);
	assert_null(tell("intrusion", NET(1, 3, 1, 1), NET(10, 2, 1, 1), 1200)); /* all open: told, not lost in silence */
	assert_int_equal(counter_get(cnt, C_INCIDENTS_REFUSED), 1);
	incidents_tick(s, 2000 * NS_PER_S + 25 * HOUR);
	struct incident *i = tell("intrusion", NET(1, 3, 1, 1), NET(10, 2, 1, 1), 1200 + 25 * 3600);
	assert_non_null(i);
	assert_null(incidents_find(s, first)); /* the oldest left */
	assert_true(incidents_count(s) <= 64);
	assert_int_equal(counter_get(cnt, C_INCIDENTS_LEFT), 64 / 16 + 1);
	for (uint32_t k = 1; k < incidents_count(s); k++)
		assert_true(incidents_at(s, k - 1)->number < incidents_at(s, k)->number);
}

static void
a_million_sources(void **state)
{
	struct incident *a = NULL;
	double n;

	for (uint32_t k = 0; k < 1000000; k++)
		a = tell("denial", 0x20000000u + k, IN(1), 1000 + k / 1000);
	assert_int_equal(incidents_count(s), 1);
	assert_int_equal(a->alerts, 1000000);
	assert_int_equal(a->n_attackers, INCIDENT_HOSTS);
	n = hll_count(&a->sources);
	assert_true(n > 930000 && n < 1070000);
	assert_int_equal(counter_get(cnt, C_INCIDENT_LINKS_DROPPED), 0);
	struct incident *other = tell("intrusion", OUT(3), NET(10, 44, 0, 1), 2000);
	assert_ptr_not_equal(other, a);
}

static void
ids_do_not_meet(void **state)
{
	struct incident *a = tell("intrusion", OUT(1), IN(1), 1000);

	assert_ptr_equal(incidents_find(s, a->id), a);
	assert_int_equal(strlen(a->id), strlen("I-19700101-00000000"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(joins, setup, teardown),
		cmocka_unit_test_setup_teardown(merging_keeps_the_older, setup, teardown),
		cmocka_unit_test_setup_teardown(quiet_and_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(low_and_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(shared_infrastructure, setup, teardown),
		cmocka_unit_test_setup_teardown(a_resolver_is_nobodys, setup, teardown),
		cmocka_unit_test_setup_teardown(neighbours, setup, teardown),
		cmocka_unit_test_setup_teardown(group_addresses_are_no_victim, setup, teardown),
		cmocka_unit_test_setup_teardown(company, setup, teardown),
		cmocka_unit_test_setup_teardown(noise_draws_nothing_in, setup, teardown),
		cmocka_unit_test_setup_teardown(few_attempts_belong, setup, teardown),
		cmocka_unit_test_setup_teardown(full_of_closed_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(a_million_sources, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_do_not_meet, setup, teardown),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
