/*
 * Tests of forming: what a threshold holds back is counted once, with its incident or not at all.
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
#include "pipeline/incident/forming.h"

static struct forming *f;
static uint64_t packets;

static int
setup(void **state)
{
	f = forming_new();
	return f ? 0 : -1;
}

static int
teardown(void **state)
{
	forming_free(f);
	return 0;
}

static struct addr
host(uint8_t n)
{
	return addr_v4((uint8_t[]) { 10, 0, 0, n });
}

/* A packet of 40 bytes to the victim. */
static struct event
packet(uint64_t flow, uint8_t from, int64_t second)
{
	struct event e = { .type = EVENT_ALERT, .proto = 6, .flow_id = flow, .pcap_cnt = ++packets, .ts = second * NS_PER_S };

	e.client = e.src = host(from);
	e.server = e.dst = host(1);
	e.since = (struct event_volume) { .packets = { 1 }, .bytes = { 40 }, .squares = { 1600 } };
	return e;
}

static void
add(uint64_t key, const struct event *e)
{
	forming_add(f, &(struct forming_key) { key, 10 * NS_PER_S, 7 }, e, &e->server, &e->client);
}

static void
counts(void **state)
{
	for (uint8_t k = 0; k < 100; k++) {
		struct event e = packet(1000 + k, (uint8_t) (2 + k), 100 + k / 20);
		add(5, &e);
	}
	struct formed *x = forming_find(f, 5);
	assert_non_null(x);
	assert_null(forming_find(f, 6));
	assert_int_equal(x->n, 100);
	assert_int_equal(hll_count(&x->sources), 100);
	assert_int_equal(hll_count(&x->targets), 1);
	assert_true(x->volume.packets == 100 && x->volume.bytes == 4000);
	assert_true(formed_began(x) >= x->first && formed_began(x) <= x->last);
	forming_drop(f, x);
	assert_int_equal(x->n, 0);
}

/* What does not become enough in its window is forgotten, but for what came just before. */
static void
windows(void **state)
{
	struct event a = packet(1, 2, 100), b = packet(2, 3, 105), c = packet(3, 4, 112), late = packet(4, 5, 200);

	add(5, &a);
	add(5, &b);
	add(5, &c); /* a new window, right after */
	struct formed *x = forming_find(f, 5);
	assert_int_equal(x->n, 1);
	assert_int_equal(x->before, 100 * NS_PER_S);
	assert_true(x->prior.bytes == 80 && x->volume.bytes == 40);
	add(5, &late);
	assert_int_equal(x->before, 0);
	assert_true(x->prior.bytes == 0 && x->volume.bytes == 40);
}

/* Another rule tells of the flow: its earlier packets come back, the packet at hand is counted by who tells it. */
static void
told_by_another(void **state)
{
	struct event syn = packet(9, 2, 100), other = packet(8, 3, 100), data = packet(9, 2, 101);
	struct volume v;

	add(5, &syn);
	add(5, &other);
	add(6, &data);
	v = forming_told(f, &data, &data.server);
	assert_true(v.bytes == 0); /* the flow is held under the newer key: its own packet alone, which is told now */
	assert_true(forming_find(f, 6)->volume.bytes == 0);
	add(6, &data); /* the same packet by a third rule */
	assert_true(forming_find(f, 6)->volume.bytes == 0);
	assert_true(forming_find(f, 5)->volume.bytes == 80);
}

static void
comes_back_once(void **state)
{
	struct event syn = packet(9, 2, 100), data = packet(9, 2, 101), more = packet(9, 2, 102);
	struct volume v;

	add(5, &syn);
	v = forming_told(f, &data, &data.server);
	assert_true(v.packets == 1 && v.bytes == 40 && v.squares == 1600);
	assert_true(forming_find(f, 5)->volume.bytes == 0);
	v = forming_told(f, &more, &more.server);
	assert_true(v.bytes == 0);
}

static void
formed_keeps_it(void **state)
{
	struct event syn = packet(9, 2, 100), data = packet(9, 2, 101);

	add(5, &syn);
	forming_drop(f, forming_find(f, 5)); /* it became part of an incident */
	struct volume v = forming_told(f, &data, &data.server);
	assert_true(v.bytes == 0);
}

static void
bounded(void **state)
{
	for (unsigned k = 0; k < 3 * FORMING_MAX; k++) {
		struct event e = packet(k + 1, 2, 100);
		add(k, &e);
	}
	assert_null(forming_find(f, 0));
	assert_non_null(forming_find(f, 3 * FORMING_MAX - 1));
	assert_non_null(forming_find(f, 2 * FORMING_MAX));
}

/* Every host that was held back is one of the incident's, told once. */
static void
its_hosts(void **state)
{
	struct incident i = { 0 };
	uint64_t *out;

	for (unsigned k = 0; k < 1000; k++) {
		struct event e = packet(k + 1, 2, 100);
		e.server = addr_v4((uint8_t[]) { 10, 1, (uint8_t) (k % 500 / 256), (uint8_t) (k % 500) });
		add(5, &e);
	}
	crowd_add(&i.hosts, fold_host(&(struct addr) { 0 }));
	fold_formed(&i, forming_find(f, 5));
	forming_drop(f, forming_find(f, 5));
	assert_int_equal(crowd_take(&i.hosts, &out), 501);
	free(out);
	crowd_clear(&i.hosts);
	hll_clear(&i.targets);
	hll_clear(&i.sources);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts, setup, teardown),
		cmocka_unit_test_setup_teardown(windows, setup, teardown),
		cmocka_unit_test_setup_teardown(told_by_another, setup, teardown),
		cmocka_unit_test_setup_teardown(comes_back_once, setup, teardown),
		cmocka_unit_test_setup_teardown(formed_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(its_hosts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
