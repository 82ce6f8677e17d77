/*
 * Sums of services: each packet is in one, whatever the number of services in a second, and each service is told once a second as long
 * as there is room for all; the table is as large as it has to be, and sessions know their service across seconds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detect/dice.h"
#include "engine/services.h"
#include "engine/session.h"

#define ENTRIES 4096
#define FLOWS 6000
#define NOW INT64_C(1700000000000000000)

static union {
	struct flow f;
	uint8_t room[sizeof(struct flow) + sizeof(struct session)];
} mem[FLOWS];
static struct emit emit;
static struct counters counters;
static struct emit_conf conf;
static struct services *services;
static uint64_t told_packets[FLOWS], told_bytes[FLOWS];
static uint32_t told[FLOWS], events;

/* A server for each flow, told by its port; every other one is the lower end. */
static void
make_flow(uint32_t i)
{
	struct flow *f = &mem[i].f;

	memset(&mem[i], 0, sizeof(mem[i]));
	f->path.proto = i % 3 ? 6 : 17;
	f->path.ip_version = 4;
	f->client_is_a = i % 2;
	f->path.a_port = (uint16_t) (f->client_is_a ? 40000 : i);
	f->path.b_port = (uint16_t) (f->client_is_a ? i : 40000);
	f->at.v4[0] = 1;
	f->at.v4[1] = 2;
}

static void
read_events(void)
{
	struct span s;

	while ((s = ring_front(emit.ring)).n) {
		const struct event *e = (const void *) s.p;
		assert_int_equal(e->type, EVENT_FACTS);
		uint32_t i = e->server_port;
		assert_true(i < FLOWS);
		told[i]++;
		events++;
		for (int d = 0; d < 2; d++) {
			told_packets[i] += e->facts.packets[d];
			told_bytes[i] += e->facts.bytes[d];
		}
		ring_pop(emit.ring);
	}
}

/* One second: `n` services, a few packets each, in any order; most: each is told so often at most. */
static void
second(uint32_t n, uint32_t most)
{
	static uint64_t packets[FLOWS], bytes[FLOWS];
	static const uint8_t octets[1500];
	const struct event_facts nothing = { 0 };

	memset(packets, 0, sizeof(packets));
	memset(bytes, 0, sizeof(bytes));
	memset(told, 0, sizeof(told));
	memset(told_packets, 0, sizeof(told_packets));
	memset(told_bytes, 0, sizeof(told_bytes));
	events = 0;
	for (uint32_t k = 0; k < 4 * n; k++) {
		uint32_t i = k < n ? k : dice(n);
		struct packet p = { .ts = NOW, .dir = (uint8_t) dice(2), .l3 = { octets, 40 + dice(1000) } };
		packets[i]++;
		bytes[i] += p.l3.n;
		if (dice(2)) /* as if of another flow to the same server */
			session_of(&mem[i].f)->service = 0;
		services_add(services, &emit, &mem[i].f, session_of(&mem[i].f), &p, &nothing, false);
		if (k % 64 == 0)
			read_events();
	}
	services_tell(services, &emit, NOW);
	read_events();
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(told_packets[i], packets[i]);
		assert_int_equal(told_bytes[i], bytes[i]);
		assert_in_range(told[i], 1, most);
	}
	services_tell(services, &emit, NOW); /* nothing is left */
	assert_int_equal(ring_front(emit.ring).n, 0);
}

static void
test_sums(void **state)
{
	(void) state;
	for (uint32_t i = 0; i < FLOWS; i++)
		make_flow(i);
	second(10, 1);
	second(300, 1);
	assert_int_equal(events, 300);
	second(1000, 3); /* more than the second before had, and than some neighbourhoods hold */
	second(3, 1);
	assert_int_equal(events, 3);
	second(FLOWS, FLOWS); /* more than there is room for */
	second(200, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
	};

	seed = 5;
	emit = (struct emit) { .ring = ring_new(4u << 20), .cnt = &counters, .conf = &conf };
	services = services_new(ENTRIES, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
