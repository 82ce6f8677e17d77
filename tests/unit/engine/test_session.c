/*
 * test_session - totals of a flow, what its alerts have told of them, and both turned round.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/session.h"

static struct sessions e;
static union {
	struct flow f;
	uint8_t room[sizeof(struct flow) + sizeof(struct session)];
} mem;
static struct flow *f = &mem.f;
static struct session *s;
static const uint8_t bytes[2000];

/* As the flow table and the worker count it; returns what it added. */
static struct event_facts
packet(uint8_t proto, int dir, uint32_t n, uint8_t flags)
{
	struct packet p = { .proto = proto, .dir = (uint8_t) dir, .l3 = { bytes, n }, .payload = { bytes, n - 40 }, .tcp.flags = flags };
	struct event_facts now = { .flows = f->packets[0] + f->packets[1] == 0 };

	f->packets[dir]++;
	f->payload[dir] += p.payload.n;
	session_count(s, f, &p, &now);
	return now;
}

static int
begin(void **state)
{
	(void) state;
	memset(&mem, 0, sizeof(mem));
	s = session_of(f);
	return sessions_init(&e, 4, pool_new(1 << 20));
}

static int
end(void **state)
{
	(void) state;
	session_end(&e, s);
	assert_int_equal(e.rests.used, 0);
	assert_int_equal(pool_used(e.pool), 0);
	sessions_clear(&e);
	pool_free(e.pool);
	return 0;
}

static void
test_totals(void **state)
{
	struct event_facts now = packet(17, TO_SERVER, 100, 0), all;

	(void) state;
	assert_int_equal(now.flows, 1);
	now = packet(17, TO_CLIENT, 1000, 0);
	assert_int_equal(now.flows, 0);
	session_add(&e, s, &now);
	assert_int_equal(s->rest, 0); /* nothing but sizes: no more memory */
	now.requests = 2;
	now.ot[OT_WRITE] = 1;
	session_add(&e, s, &now);
	session_add(&e, s, &now);
	session_facts(&e, s, f, &all);
	assert_int_equal(all.flows, 1);
	assert_int_equal(all.packets[TO_CLIENT], 1);
	assert_int_equal(all.bytes[TO_CLIENT], 1000);
	assert_int_equal(all.payload[TO_SERVER], 60);
	assert_int_equal(all.requests, 4);
	assert_int_equal(all.ot[OT_WRITE], 2);
	assert_int_equal(all.lost, 0);
}

static void
test_handshake(void **state)
{
	struct event_facts all;

	(void) state;
	assert_int_equal(packet(6, TO_SERVER, 40, TCP_SYN).syn, 1);
	assert_int_equal(packet(6, TO_SERVER, 40, TCP_SYN).syn, 0);
	assert_int_equal(packet(6, TO_CLIENT, 40, TCP_SYN | TCP_ACK).synack, 1);
	assert_int_equal(packet(6, TO_CLIENT, 40, TCP_FIN | TCP_ACK).fin, 1);
	session_facts(&e, s, f, &all);
	assert_true(all.syn == 1 && all.synack == 1 && all.fin == 1 && all.rst == 0);
	assert_false(s->answer_first);
}

static void
test_answer_first(void **state)
{
	(void) state;
	assert_int_equal(packet(6, TO_SERVER, 40, TCP_SYN | TCP_ACK).synack, 1);
	assert_true(s->answer_first);
	assert_int_equal(packet(6, TO_CLIENT, 40, TCP_SYN).syn, 1);
}

static void
test_since(void **state)
{
	struct event_volume v;

	(void) state;
	packet(17, TO_SERVER, 100, 0);
	packet(17, TO_CLIENT, 200, 0);
	session_since(&e, s, f, &v);
	assert_int_equal(v.packets[TO_SERVER], 1);
	assert_int_equal(v.squares[TO_CLIENT], 40000);
	assert_false(s->alerted);
	session_told(&e, s, f);
	assert_true(s->alerted);
	packet(17, TO_SERVER, 300, 0);
	session_since(&e, s, f, &v);
	assert_int_equal(v.packets[TO_SERVER], 1);
	assert_int_equal(v.bytes[TO_SERVER], 300);
	assert_int_equal(v.squares[TO_SERVER], 90000);
	assert_int_equal(v.packets[TO_CLIENT] + v.bytes[TO_CLIENT] + v.squares[TO_CLIENT], 0);
	/* the other way round, as flow_swap() does it for the flow */
	SWAP_PAIR(f->packets);
	session_turn(&e, s);
	session_since(&e, s, f, &v);
	assert_int_equal(v.bytes[TO_CLIENT], 300);
	assert_int_equal(v.packets[TO_SERVER] + v.bytes[TO_SERVER], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_totals, begin, end),
		cmocka_unit_test_setup_teardown(test_handshake, begin, end),
		cmocka_unit_test_setup_teardown(test_answer_first, begin, end),
		cmocka_unit_test_setup_teardown(test_since, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
