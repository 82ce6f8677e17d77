/*
 * test_flow - directions, pairing, timeouts, eviction and the order of ends, with packets written by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/flow/flow.h"
#include "engine/flow/key.h"

#define S INT64_C(1000000000)
#define MAX_ENDS 4096

static struct counters cnt;
static struct ended {
	uint64_t id, num;
	enum flow_end why;
	uint32_t user;
} ends[MAX_ENDS];
static int n_ends;

static void
on_end(void *arg, struct flow *f, enum flow_end why)
{
	(void) arg;
	assert_true(n_ends < MAX_ENDS);
	ends[n_ends++] = (struct ended) { flow_id(f), f->first_num, why, *(uint32_t *) f->user };
}

static struct flow_conf
conf_default(void)
{
	return (struct flow_conf) { .max_flows = 1000, .workers = 1, .tcp_new = 60 * S, .tcp_established = 600 * S,
		.tcp_closed = 60 * S, .udp_new = 30 * S, .udp_established = 300 * S, .icmp_new = 30 * S,
		.icmp_established = 300 * S, .other_new = 30 * S, .other_established = 300 * S, .vlan_use = true };
}

static struct flow_table *
table(const struct flow_conf *c, uint64_t seed)
{
	struct flow_table *t = flow_table_new(c, 16, seed, &cnt, on_end, NULL);

	assert_non_null(t);
	n_ends = 0;
	return t;
}

static const uint8_t bytes[64];
static uint64_t num;

static struct packet
packet(uint8_t proto, uint8_t from, uint16_t sport, uint8_t to, uint16_t dport, int64_t ts)
{
	struct packet p = { .num = ++num, .ts = ts, .proto = proto, .ip_version = 4, .sport = sport, .dport = dport,
		.src = addr_v4((uint8_t[]) { 10, 0, 0, from }), .dst = addr_v4((uint8_t[]) { 10, 0, 0, to }),
		.l3 = { bytes, 60 }, .l4 = { bytes, 40 }, .l4_header = { bytes, 20 }, .payload = { bytes, 20 }, .ttl = 64 };

	return p;
}

static struct flow *
find(struct flow_table *t, struct packet p, bool want_fresh, int want_dir)
{
	bool fresh;
	struct flow *f;

	flow_expire(t, p.ts);
	if (num % 2) { /* in steps it comes to the same */
		struct flow_want w;
		flow_ahead(t, &p, &w);
		flow_ahead_fetch(t, w.hash);
		f = flow_ahead_look(t, w.hash);
		assert_true(want_fresh || f);
		f = flow_find_wanted(t, &p, &w, &fresh);
	} else {
		f = flow_find(t, &p, &fresh);
	}
	assert_non_null(f);
	assert_int_equal(fresh, want_fresh);
	assert_int_equal(p.dir, want_dir);
	return f;
}

static void
test_direction(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	struct packet p = packet(17, 9, 5353, 2, 53, S);
	struct flow *f = find(t, p, true, TO_SERVER);
	struct addr client;

	(void) state;
	assert_ptr_equal(find(t, packet(17, 2, 53, 9, 5353, S), false, TO_CLIENT), f);
	client = flow_addr(f, TO_SERVER);
	assert_true(addr_eq(&client, &p.src));
	assert_int_equal(flow_port(f, TO_CLIENT), 53);
	assert_int_equal(f->seen, 3);
	assert_int_equal(f->packets[TO_CLIENT], 1);
	assert_int_equal(f->bytes[TO_SERVER], 60);
	assert_int_equal(flow_id(f) >> 51, 0);
	flow_swap(t, f, &p);
	assert_int_equal(p.dir, TO_CLIENT);
	assert_int_equal(flow_port(f, TO_SERVER), 53);
	find(t, packet(17, 2, 53, 9, 5353, S), false, TO_SERVER);
	/* other ports, protocols, VLANs and depths are other flows */
	find(t, packet(6, 9, 5353, 2, 53, S), true, TO_SERVER);
	find(t, packet(17, 9, 5354, 2, 53, S), true, TO_SERVER);
	p = packet(17, 9, 5353, 2, 53, S);
	p.vlan[0] = 7;
	p.vlan_n = 1;
	find(t, p, true, TO_SERVER);
	p.vlan_n = 0;
	p.depth = 1;
	find(t, p, true, TO_SERVER);
	assert_int_equal(flow_count(t), 5);
	flow_table_free(t);
}

/* IPv6 flows keep their addresses elsewhere, and are not IPv4 ones of the same addresses. */
static void
test_ipv6(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	struct packet p = packet(17, 9, 5353, 2, 53, S), back = packet(17, 2, 53, 9, 5353, S);
	struct flow *v4 = find(t, p, true, TO_SERVER), *f;
	size_t before = flow_memory(t);
	struct addr client;

	(void) state;
	p.ip_version = back.ip_version = 6;
	f = find(t, p, true, TO_SERVER);
	assert_ptr_not_equal(f, v4);
	assert_true(flow_id(f) != flow_id(v4));
	client = flow_addr(f, TO_SERVER);
	assert_true(addr_eq(&client, &p.src));
	p.src = addr_v6((uint8_t[16]) { 0x20, 1, 0x0d, 0xb8, [15] = 9 });
	assert_ptr_not_equal(find(t, p, true, TO_SERVER), f);
	assert_ptr_equal(find(t, back, false, TO_CLIENT), f);
	assert_int_equal(flow_memory(t) - before, 2 * (136 + 8 + 32));
	flow_end_all(t);
	assert_int_equal(n_ends, 3);
	flow_table_free(t);
}

/* A flow is not moved in its list for each packet, and still ends when it is quiet for long enough. */
static void
test_touched_often(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	uint64_t second;

	(void) state;
	find(t, packet(17, 1, 1, 2, 53, S), true, TO_SERVER);
	second = find(t, packet(17, 1, 2, 2, 53, S + 10), true, TO_SERVER)->first_num;
	for (int i = 0; i < 40; i++) {
		find(t, packet(17, 1, 1, 2, 53, S + i * S / 10), false, TO_SERVER);
		find(t, packet(17, 1, 3, 2, 53, S + i * S / 10), i == 0, TO_SERVER);
	}
	flow_expire(t, 33 * S); /* the second one */
	assert_int_equal(n_ends, 1);
	assert_int_equal(ends[0].num, second);
	flow_expire(t, 34 * S);
	assert_int_equal(flow_count(t), 2);
	flow_expire(t, 35 * S); /* quiet since 4.9 s */
	assert_int_equal(flow_count(t), 0);
	flow_table_free(t);
}

static void
test_none(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	struct packet p = packet(17, 1, 1, 2, 2, S);
	bool fresh = true;

	(void) state;
	p.flags = PACKET_FRAGMENT;
	assert_null(flow_find(t, &p, &fresh));
	assert_false(fresh);
	p.flags = 0;
	p.ip_version = 0;
	assert_null(flow_find(t, &p, &fresh));
	p.ip_version = 4;
	p.l4_header.n = 0;
	assert_null(flow_find(t, &p, &fresh));
	assert_int_equal(flow_count(t), 0);
	flow_table_free(t);
}

static struct packet
icmp(uint8_t from, uint8_t to, uint8_t type)
{
	struct packet p = packet(1, from, 0, to, 0, S);

	p.icmp_type = type;
	return p;
}

static void
test_icmp(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	static const uint8_t quoted[28] = { 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x03, 0xe8, 0, 53 };
	struct flow *echo = find(t, icmp(5, 6, 8), true, TO_SERVER), *udp;
	struct packet p = icmp(99, 1, 3);

	(void) state;
	assert_ptr_equal(find(t, icmp(6, 5, 0), false, TO_CLIENT), echo);
	find(t, icmp(6, 5, 8), true, TO_SERVER);
	/* an error of a flow that is not there is a flow of its own, and stays one */
	p.icmp_inner = span_of(quoted, sizeof quoted);
	find(t, p, true, TO_SERVER);
	udp = find(t, packet(17, 1, 1000, 2, 53, S), true, TO_SERVER);
	assert_ptr_equal(find(t, p, false, TO_CLIENT), udp);
	p.icmp_inner.n = 23;
	assert_ptr_not_equal(find(t, p, false, TO_SERVER), udp);
	flow_table_free(t);
}

static void
test_timeouts(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	struct flow *b;

	(void) state;
	find(t, packet(17, 1, 1, 2, 53, S), true, TO_SERVER);
	b = find(t, packet(17, 1, 2, 2, 53, S), true, TO_SERVER);
	flow_set_state(t, b, FLOW_ESTABLISHED);
	flow_expire(t, 30 * S);
	assert_int_equal(n_ends, 0);
	flow_expire(t, 31 * S);
	assert_int_equal(n_ends, 1);
	assert_int_equal(ends[0].why, FLOW_END_TIMEOUT);
	flow_expire(t, 300 * S);
	assert_int_equal(n_ends, 1);
	/* time that runs back hurts nobody */
	flow_expire(t, 2 * S);
	find(t, packet(17, 1, 3, 2, 53, 2 * S), true, TO_SERVER);
	flow_expire(t, 301 * S);
	assert_int_equal(n_ends, 2);
	flow_expire(t, 330 * S);
	assert_int_equal(flow_count(t), 0);
	flow_table_free(t);
}

static bool
reuse_never(void *arg, const struct flow *f, const struct packet *p)
{
	(void) arg;
	(void) f;
	(void) p;
	return false;
}

static void
test_reuse(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	struct packet syn = packet(6, 1, 1000, 2, 80, S);
	struct flow *f;

	(void) state;
	syn.tcp.flags = TCP_SYN;
	f = find(t, syn, true, TO_SERVER);
	assert_ptr_equal(find(t, syn, false, TO_SERVER), f);
	flow_set_state(t, f, FLOW_CLOSED);
	find(t, packet(6, 2, 80, 1, 1000, S), false, TO_CLIENT);
	syn.num = ++num;
	find(t, syn, true, TO_SERVER);
	assert_int_equal(n_ends, 1);
	assert_int_equal(ends[0].why, FLOW_END_CLOSED);
	flow_on_syn(t, reuse_never);
	flow_set_state(t, find(t, syn, false, TO_SERVER), FLOW_CLOSED);
	find(t, syn, false, TO_SERVER);
	flow_table_free(t);
}

static void
test_eviction(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t;

	(void) state;
	c.max_flows = 20;
	t = table(&c, 1);
	for (int i = 0; i < 20; i++)
		find(t, packet(17, 1, (uint16_t) i, 2, 53, S + i), true, TO_SERVER);
	find(t, packet(17, 1, 0, 2, 53, S + 30), false, TO_SERVER);
	for (int i = 20; i < 25; i++)
		find(t, packet(17, 1, (uint16_t) i, 2, 53, S + i + 20), true, TO_SERVER);
	assert_int_equal(n_ends, 5);
	assert_int_equal(flow_count(t), 20);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ends[i].why, FLOW_END_EVICTED);
		assert_true(i == 0 || ends[i].num == ends[i - 1].num + 1);
	}
	find(t, packet(17, 1, 0, 2, 53, S + 60), false, TO_SERVER);
	flow_table_free(t);
}

/* How many of the keys are in the bucket that has most, of 65,536, with the worst of some seeds. */
static unsigned
longest_chain(const struct flow_key *k, unsigned n)
{
	static uint16_t of[65536];
	unsigned longest = 0;

	for (uint64_t seed = 1; seed < 9; seed++) {
		struct flow_secret secret;
		flow_secret_make(&secret, seed * UINT64_C(0x123456789abcdef1));
		memset(of, 0, sizeof of);
		for (unsigned i = 0; i < n; i++) {
			uint16_t *c = &of[(uint16_t) flow_key_hash(&k[i], &secret)];
			if (++*c > longest)
				longest = *c;
		}
	}
	return longest;
}

static uint64_t
turned(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

/* Addresses chosen so that all would fall into few buckets whatever the seed: were the same secret in two products, which then cancel each
 * other; were the secrets one word turned, the words of a product each other's multiples. */
static void
test_aimed(void **state)
{
	const uint64_t c1 = UINT64_C(0x9e3779b97f4a7c15), c2 = UINT64_C(0xe7037ed1a0b428db), c3 = UINT64_C(0xeb44accab455d165),
	    c4 = UINT64_C(0x8ebc6af09c88c6e3);
	static struct flow_key k[8192];
	unsigned n = sizeof k / sizeof *k;

	(void) state;
	for (uint64_t i = 0; i < n; i++) {
		k[i] = (struct flow_key) { .path = { .a_port = 1, .b_port = 2, .proto = 6, .ip_version = 6 } };
		k[i].a.q[0] = UINT64_C(0x2001db8) + (i << 32);
		k[i].b.q[0] = UINT64_C(0x2001db8) + (i << 40) + 1;
		k[i].a.q[1] = k[i].b.q[0] ^ c2 ^ c3;
		k[i].b.q[1] = k[i].a.q[0] ^ c1 ^ c4;
	}
	assert_true(longest_chain(k, n) < 10);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t first = __builtin_bswap64(UINT64_C(0x20010db800000000));
		k[i].a.q[0] = first ^ i << 37;
		k[i].a.q[1] = turned(first ^ c1, 11) ^ c2 ^ UINT64_C(0xffff) << 48 ^ i << 48;
		memset(&k[i].b, 0xfe, sizeof k[i].b);
	}
	assert_true(longest_chain(k, n) < 10);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t high = 0x01020000;
		uint64_t low = turned(((uint64_t) high << 32 | __builtin_bswap32(0xffff)) ^ c2, 20) ^ c4;
		k[i].a = addr_mapped(high ^ i);
		k[i].b = addr_mapped((uint32_t) (low >> 32) ^ 0xfff00000u ^ i << 20);
		k[i].path.ip_version = 4;
	}
	assert_true(longest_chain(k, n) < 10);
}

/* The table takes more buckets as the flows become many: each is found before and after. */
static void
test_many(void **state)
{
	struct flow_conf c = conf_default();
	struct flow_table *t;
	uint32_t n = 70000;

	(void) state;
	c.max_flows = 100000;
	t = table(&c, 7);
	for (uint32_t i = 0; i < n; i++) {
		find(t, packet(17, (uint8_t) i, (uint16_t) (i >> 8), (uint8_t) (i >> 16), 53, S), true, TO_SERVER);
		find(t, packet(17, (uint8_t) (i / 2), (uint16_t) (i / 2 >> 8), (uint8_t) (i / 2 >> 16), 53, S), false, TO_SERVER);
	}
	for (uint32_t i = 0; i < n; i++)
		find(t, packet(17, (uint8_t) i, (uint16_t) (i >> 8), (uint8_t) (i >> 16), 53, S), false, TO_SERVER);
	assert_int_equal(flow_count(t), n);
	flow_table_free(t);
}

/* Packets of many flows at uneven times; the worker keeps those whose first address is i with i % shares == share. */
static void
drive(struct flow_table *t, int shares, int share)
{
	uint64_t x = 88172645463325252u;
	bool fresh;

	num = 0;
	for (int i = 0; i < 3000; i++) {
		struct packet p;
		uint8_t host;
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		host = (uint8_t) (x >> 20 & 63);
		p = packet((x >> 32) % 3 ? 17 : 6, host, (uint16_t) (x >> 40 & 3), 200, 53, S + i * (S / 7));
		flow_expire(t, p.ts);
		if (host % shares == share) {
			struct flow *f = flow_find(t, &p, &fresh);
			assert_non_null(f);
			*(uint32_t *) f->user = host;
		}
	}
	flow_end_all(t);
}

static void
test_determinism(void **state)
{
	static struct ended all[MAX_ENDS];
	struct flow_conf c = conf_default();
	struct flow_table *t = table(&c, 1);
	int n_all;

	(void) state;
	drive(t, 1, 0);
	flow_table_free(t);
	memcpy(all, ends, sizeof all);
	n_all = n_ends;
	assert_true(n_all > 500);
	for (int share = 0; share < 3; share++) {
		int at = 0;
		t = table(&c, 12345 + (uint64_t) share); /* the seed has no say either */
		drive(t, 3, share);
		flow_table_free(t);
		for (int i = 0; i < n_all; i++) {
			if ((int) all[i].user % 3 != share)
				continue;
			assert_true(at < n_ends);
			assert_true(ends[at].id == all[i].id);
			assert_int_equal(ends[at].why, all[i].why);
			at++;
		}
		assert_int_equal(at, n_ends);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_touched_often),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_aimed),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_determinism),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
