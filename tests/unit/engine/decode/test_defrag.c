/*
 * Tests of the defragmenter: order, overlaps by policy, time, memory.
 */
#include "frames.h"

#define MF 0x2000

/* One IPv4 fragment of a UDP datagram: n bytes of c at offset off. */
static unsigned
piece(unsigned id, unsigned off, unsigned n, uint8_t c, bool more)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x0800);
	put_ip4(&o, 17, n, off / 8 | (more ? MF : 0), id);
	fill(&o, c, n);
	return run(&o);
}

/* The first 8 bytes: the UDP header of a datagram with n bytes of data. */
static unsigned
head(unsigned id, unsigned n)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x0800);
	put_ip4(&o, 17, 8, MF, id);
	put_udp(&o, 1000, 2000, n);
	return run(&o);
}

static void
is_fragment(void)
{
	assert_true(pkt->flags & PACKET_FRAGMENT);
	assert_int_equal(pkt->sport, 0);
	assert_int_equal(pkt->payload.n, 0);
}

static void
in_order_and_not(void **state)
{
	assert_int_equal(head(1, 32), 1);
	is_fragment();
	assert_int_equal(piece(1, 8, 16, 'a', true), 1);
	assert_int_equal(piece(1, 24, 16, 'b', false), 2);
	assert_int_equal(pkt[0].source, PKT_SRC_DEFRAG);
	assert_int_equal(pkt[0].dport, 2000);
	assert_int_equal(pkt[0].payload.n, 32);
	assert_memory_equal(pkt[0].payload.p, "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb", 32);
	assert_true(packet_checksum_l3_ok(&pkt[0]));
	assert_int_equal(pkt[0].depth, 0);
	assert_int_equal(pkt[0].linktype, 1);
	assert_int_equal(pkt[0].frame.n, 14 + 20 + 40);
	pkt++;
	is_fragment();

	assert_int_equal(piece(2, 24, 11, 'b', false), 1);
	assert_int_equal(piece(2, 8, 16, 'a', true), 1);
	assert_int_equal(head(2, 27), 2);
	assert_int_equal(pkt[0].payload.n, 27);
	assert_memory_equal(pkt[0].payload.p, "aaaaaaaaaaaaaaaabbbbbbbbbbb", 27);
	assert_int_equal(counter_get(&cnt, C_DEFRAG_REASSEMBLED4), 2);
}

static void
ids_apart(void **state)
{
	assert_int_equal(head(3, 8), 1);
	assert_int_equal(piece(4, 8, 8, 'x', false), 1);
	assert_int_equal(piece(3, 8, 8, 'y', false), 2);
	assert_int_equal(pkt[0].payload.p[0], 'y');
}

static enum defrag_policy policy;

static enum defrag_policy
policy_of(void *arg, const struct addr *dst)
{
	return policy;
}

/*
 * After the model of Shankar and Paxson ("Active Mapping", section 5): pieces in blocks of 8 bytes, block 0 is the UDP header.
 *   1: 1-3   2: 5   3: 6-8   4: 2-5 (begins behind 1, before 2)   5: 6-8 (just as 3)   6: 9-11, the last
 */
static void
policies(void **state)
{
	static const struct {
		enum defrag_policy policy;
		const char *expect; /* blocks 1 to 11: the piece that is read there */
	} t[] = {
		{ DEFRAG_BSD, "11144333666" }, { DEFRAG_BSD_RIGHT, "14442555666" }, { DEFRAG_LINUX, "11144555666" },
		{ DEFRAG_WINDOWS, "11142333666" }, { DEFRAG_SOLARIS, "11144333666" }, { DEFRAG_FIRST, "11142333666" },
		{ DEFRAG_LAST, "14444555666" },
	};

	decode_set_policy(dec, policy_of, NULL);
	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		unsigned id = 100 + i;
		char got[12] = "";

		policy = t[i].policy;
		head(id, 88);
		piece(id, 8, 24, '1', true);
		piece(id, 40, 8, '2', true);
		piece(id, 48, 24, '3', true);
		assert_false(pkt->any_event);
		piece(id, 16, 32, '4', true);
		assert_true(packet_event_has(pkt, EV_IPV4_FRAG_OVERLAP));
		piece(id, 48, 24, '5', true);
		assert_true(packet_event_has(pkt, EV_IPV4_FRAG_OVERLAP));
		assert_int_equal(piece(id, 72, 24, '6', false), 2);
		assert_int_equal(pkt[0].payload.n, 88);
		for (unsigned b = 0; b < 11; b++)
			got[b] = (char) pkt[0].payload.p[b * 8];
		assert_string_equal(got, t[i].expect);
	}
	decode_set_policy(dec, NULL, NULL);
}

static void
teardrop(void **state)
{
	/* the second lies wholly inside the first: nothing is completed, nothing breaks */
	assert_int_equal(head(5, 60), 1);
	assert_int_equal(piece(5, 8, 32, 'a', true), 1);
	assert_int_equal(piece(5, 16, 4, 'b', false), 2); /* says that the datagram ends at 20 */
	assert_true(packet_event_has(&pkt[1], EV_IPV4_FRAG_OVERLAP));
	assert_int_equal(pkt[0].l3.n, 20 + 20);
	assert_true(packet_event_has(&pkt[0], EV_UDP_PKT_TOO_SMALL));
}

static void
too_large(void **state)
{
	assert_int_equal(piece(6, 65528, 64, 'x', false), 1);
	assert_true(packet_event_has(pkt, EV_IPV4_FRAG_PKT_TOO_LARGE));
	/* as large as it may be */
	unsigned n = 0;
	head(7, 65515 - 8);
	for (unsigned off = 8; off < 65515; off += 32768)
		n = piece(7, off, off + 32768 < 65515 ? 32768 : 65515 - off, 'y', off + 32768 < 65515);
	assert_int_equal(n, 2);
	assert_int_equal(pkt[0].payload.n, 65507);
	assert_int_equal(pkt[0].l3.n, 65535);
}

static void
timeouts(void **state)
{
	uint64_t before = counter_get(&cnt, C_DEFRAG_TIMEOUTS);

	head(8, 16);
	now_ns += INT64_C(59000000000);
	assert_int_equal(piece(8, 8, 8, 'a', true), 1); /* the wait begins anew */
	now_ns += INT64_C(59000000000);
	assert_int_equal(piece(8, 16, 8, 'b', false), 2);
	head(9, 8);
	now_ns += INT64_C(61000000000);
	assert_int_equal(piece(9, 8, 8, 'a', false), 1);
	assert_true(counter_get(&cnt, C_DEFRAG_TIMEOUTS) > before);
}

static void
many(void **state)
{
	/* more datagrams than trackers: the oldest go, the newest can still be completed */
	for (unsigned id = 1000; id < 1200; id++)
		head(id, 8);
	assert_int_equal(piece(1000, 8, 8, 'a', false), 1);
	assert_int_equal(piece(1199, 8, 8, 'a', false), 2);
	/* more bytes than defrag.memcap */
	for (unsigned id = 2000; id < 2060; id++)
		piece(id, 8, 32768, 'z', true);
	assert_true(counter_get(&cnt, C_DEFRAG_EVICTED) > 100);
	head(3000, 8);
	assert_int_equal(piece(3000, 8, 8, 'a', false), 2);
}

static void
ipv6(void **state)
{
	struct out o = { .n = 0 };

	put_eth(&o, 0x86dd);
	put_ip6(&o, 0, 8 + 8 + 16);
	hex(&o, "2c00 050200000000 1100 0001 00000009");
	put_udp(&o, 5, 6, 12);
	fill(&o, 'a', 8);
	assert_int_equal(run(&o), 1);
	assert_true(pkt->flags & PACKET_FRAGMENT);
	assert_int_equal(pkt->sport, 0);
	o.n = 0;
	put_eth(&o, 0x86dd);
	put_ip6(&o, 0, 8 + 8 + 4);
	hex(&o, "2c00 050200000000 1100 0010 00000009");
	fill(&o, 'b', 4);
	assert_int_equal(run(&o), 2);
	assert_int_equal(pkt[0].proto, 17);
	assert_int_equal(pkt[0].dport, 6);
	assert_int_equal(pkt[0].l3.n, 40 + 8 + 20);
	assert_int_equal(pkt[0].payload.n, 12);
	assert_memory_equal(pkt[0].payload.p, "aaaaaaaabbbb", 12);
	o.n = 0; /* not a multiple of 8, and more to come */
	put_eth(&o, 0x86dd);
	put_ip6(&o, 44, 8 + 9);
	hex(&o, "1100 0001 0000000a");
	fill(&o, 'c', 9);
	assert_int_equal(run(&o), 1);
	assert_true(packet_event_has(pkt, EV_IPV6_FRAG_INVALID_LENGTH));
}

/* Random pieces against the plain way to do it: an array of bytes and who wrote them. */
static void
against_model(void **state)
{
	uint32_t seed = 12345;

	decode_set_policy(dec, policy_of, NULL);
	for (unsigned round = 0; round < 300; round++) {
		uint8_t model[256];
		int from[32];
		unsigned last = 20 + round % 10, count = 0, n = 0;
		bool done = false;

		memset(from, -1, sizeof(from));
		policy = round % 2 ? DEFRAG_LAST : DEFRAG_FIRST;
		while (!done && count < 64) {
			seed = seed * 1664525 + 1013904223;
			unsigned a = seed >> 8 & 31, len = 1 + (seed >> 16 & 7);
			if (a >= last)
				continue;
			if (a + len > last)
				len = last - a;
			n = piece(5000 + round, a * 8, len * 8, (uint8_t) ('A' + count), a + len < last);
			for (unsigned b = a; b < a + len; b++)
				if (from[b] < 0 || policy == DEFRAG_LAST) {
					from[b] = (int) count;
					memset(model + b * 8, (uint8_t) ('A' + count), 8);
				}
			count++;
			done = true;
			for (unsigned b = 0; b < last; b++)
				done &= from[b] >= 0;
			assert_int_equal(n, done ? 2 : 1);
		}
		if (done) {
			assert_int_equal(pkt[0].l3.n, 20 + last * 8);
			assert_memory_equal(pkt[0].l3.p + 20, model, last * 8);
		}
	}
	decode_set_policy(dec, NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_and_not), cmocka_unit_test(ids_apart), cmocka_unit_test(policies), cmocka_unit_test(teardrop),
		cmocka_unit_test(too_large), cmocka_unit_test(timeouts), cmocka_unit_test(many), cmocka_unit_test(ipv6),
		cmocka_unit_test(against_model),
	};

	return cmocka_run_group_tests_name("defrag", tests, start, stop);
}
