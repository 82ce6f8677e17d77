/*
 * Tests of event/: community ids, names, and counting of cards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "event/card.h"
#include "event/event.h"

struct vector {
	const char *src, *dst;
	uint8_t proto;
	uint16_t sport, dport; /* ICMP: type and code */
	uint16_t seed;
	const char *id;
};

/*
 * Computed independently (Python):
 *   a, b = packed addresses; if not one_way and (b, dp) < (a, sp): swap
 *   "1:" + b64encode(sha1(pack(">H", seed) + a + b + bytes([proto, 0]) + (pack(">HH", sp, dp) if it has ports)))
 * with ICMP's type and the type that answers it as ports, or type and code (one_way) when none does.
 */
static const struct vector vectors[] = {
	{ "128.232.110.120", "66.35.250.204", 6, 34855, 80, 0, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ "66.35.250.204", "128.232.110.120", 6, 80, 34855, 0, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
	{ "128.232.110.120", "66.35.250.204", 6, 34855, 80, 1, "1:3V71V58M3Ksw/yuFALMcW0LAHvc=" },
	{ "192.168.1.52", "8.8.8.8", 17, 54585, 53, 0, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	{ "192.168.0.89", "192.168.0.1", 1, 8, 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ "192.168.0.1", "192.168.0.89", 1, 0, 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
	{ "192.168.0.89", "192.168.0.1", 1, 20, 0, 0, "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=" },
	{ "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 58, 135, 0, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	{ "3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", 58, 3, 0, 0, "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=" },
	{ "10.1.24.4", "10.1.12.1", 46, 0, 0, 0, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=" },
	{ "192.168.170.8", "192.168.170.56", 132, 7, 80, 0, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=" },
};

static void
community_ids(void **state)
{
	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		struct event e = { .proto = v->proto, .sport = v->sport, .dport = v->dport };
		char id[COMMUNITY_ID_LEN];

		assert_int_equal(addr_parse(&e.src, v->src), 0);
		assert_int_equal(addr_parse(&e.dst, v->dst), 0);
		e.ip_version = addr_is_v4(&e.src) ? 4 : 6;
		e.icmp_type = (uint8_t) v->sport;
		e.icmp_code = (uint8_t) v->dport;
		event_community_id(&e, v->seed, id);
		assert_string_equal(id, v->id);
	}
}

static void
no_ip_no_id(void **state)
{
	struct event e = { .proto = 0 };
	char id[COMMUNITY_ID_LEN];

	event_community_id(&e, 0, id);
	assert_string_equal(id, "");
}

static void
protocol_names(void **state)
{
	char number[4];

	assert_string_equal(event_proto_name(6, number), "TCP");
	assert_string_equal(event_proto_name(17, number), "UDP");
	assert_string_equal(event_proto_name(1, number), "ICMP");
	assert_string_equal(event_proto_name(58, number), "IPv6-ICMP");
	assert_string_equal(event_proto_name(132, number), "SCTP");
	assert_string_equal(event_proto_name(89, number), "OSPFIGP");
	assert_string_equal(event_proto_name(253, number), "253");
	assert_string_equal(event_proto_name(90, number), "90");
}

static void
packet_sources(void **state)
{
	assert_string_equal(event_pkt_src[0], "wire/pcap");
	assert_string_equal(event_pkt_src[6], "vxlan encapsulation");
	assert_string_equal(event_pkt_src[10], "stream (flow timeout)");
}

static void
cards_are_counted(void **state)
{
	struct cards *c = cards_new();

	assert_non_null(c);
	c->card = arena_zalloc(&c->arena, sizeof(*c->card));
	c->n = 1;
	assert_ptr_equal(cards_ref(c), c);
	assert_int_equal(c->refs, 2);
	cards_unref(c);
	assert_int_equal(c->refs, 1);
	cards_unref(c); /* the leak checker sees whether it went */
	cards_unref(NULL);
	assert_null(cards_ref(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(community_ids), cmocka_unit_test(no_ip_no_id),
		cmocka_unit_test(protocol_names), cmocka_unit_test(packet_sources), cmocka_unit_test(cards_are_counted) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
