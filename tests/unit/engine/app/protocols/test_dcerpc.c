/*
 * test_dcerpc - a bind with its answer, a call in two fragments, a fault, a lost request; cut at every byte; UDP.
 */
#include "protocol_fake.h"

#include "engine/app/protocols/dce.h"

extern const struct protocol protocol_dcerpc;

#define UUID "\x81\xbb\x7a\x36\x44\x98\xf1\x35\xad\x32\x98\xf0\x38\x00\x10\x03"
static const char bind[] = "\5\0\x0b\3\x10\0\0\0\x48\0\0\0\1\0\0\0"
    "\xd0\x16\xd0\x16\0\0\0\0\1\0\0\0" "\7\0\1\0" UUID "\2\0\0\0" "1234567890123456\2\0\0\0";
static const char ack[] = "\5\0\x0c\3\x10\0\0\0\x3c\0\0\0\1\0\0\0"
    "\xd0\x16\xd0\x16\1\0\0\0\4\0" "135\0" "\0\0" "\1\0\0\0" "\0\0\0\0" "12345678901234561234";
static const char call1[] = "\5\0\0\1\x10\0\0\0\x1a\0\0\0\2\0\0\0" "\0\0\0\0\7\0\x0c\0" "AB";
static const char call2[] = "\5\0\0\2\x10\0\0\0\x1a\0\0\0\2\0\0\0" "\0\0\0\0\7\0\x0c\0" "CD";
static const char fault[] = "\5\0\3\3\x10\0\0\0\x20\0\0\0\2\0\0\0" "0123456789abcdef";
static const char response[] = "\5\0\2\3\x10\0\0\0\x1a\0\0\0\x9\0\0\0" "0123456789";

static struct exchange script[] = {
	{ TO_SERVER, SPAN_LIT(bind) }, { TO_CLIENT, SPAN_LIT(ack) }, { TO_SERVER, SPAN_LIT(call1) }, { TO_SERVER, SPAN_LIT(call2) },
	{ TO_CLIENT, SPAN_LIT(fault) }, { TO_CLIENT, SPAN_LIT(response) },
};

static void
test_log(void **state)
{
	assert_string_equal(fake_run_all_cuts(&protocol_dcerpc, script, 6),
	    "{\"request\":\"BIND\",\"interfaces\":[{\"uuid\":\"367abb81-9844-35f1-ad32-98f038001003\",\"version\":\"2.0\",\"ack_result\":0}],"
	    "\"response\":\"BINDACK\",\"call_id\":1,\"rpc_version\":\"5.0\"} 1 1 0\n"
	    "{\"request\":\"REQUEST\",\"req\":{\"opnum\":12,\"frag_cnt\":2,\"stub_data_size\":4},"
	    "\"interfaces\":[{\"uuid\":\"367abb81-9844-35f1-ad32-98f038001003\",\"version\":\"2.0\",\"ack_result\":0}],"
	    "\"response\":\"FAULT\",\"call_id\":2,\"rpc_version\":\"5.0\"} 1 1 0\n"
	    "{\"request\":\"REQUEST_LOST\",\"response\":\"RESPONSE\",\"res\":{\"frag_cnt\":1,\"stub_data_size\":10},"
	    "\"call_id\":9,\"rpc_version\":\"5.0\"} 1 1 0\n");
}

static void
test_fields(void **state)
{
	const struct field *stub = fake_field(&protocol_dcerpc, "dcerpc.stub_data");
	const struct dce_call *c;
	struct fake f;
	struct span s;

	fake_begin(&f, &protocol_dcerpc);
	for (unsigned i = 0; i < 6; i++)
		fake_feed(&f, script[i].dir, script[i].bytes);
	c = dce_of(f.app.first->next);
	assert_non_null(c);
	assert_int_equal(c->opnum, 12);
	assert_int_equal(c->ctx, 7);
	assert_true(c->iface.used && c->iface.first && c->iface.major == 2);
	assert_true(stub->bytes(f.app.first->next, TO_SERVER, 0, NULL, &s) && span_eq(s, SPAN_LIT("ABCD")));
	assert_false(stub->bytes(f.app.first->next, TO_CLIENT, 0, NULL, &s));
	assert_int_equal(f.facts.failures, 1);
	fake_feed(&f, TO_SERVER, SPAN_LIT("GET / HTTP/1.1\r\nx: y\r\n\r\n"));
	assert_true(f.lost[TO_SERVER]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_dcerpc.probe(span_of(bind, 40), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_dcerpc.probe(span_of(ack, 40), TO_SERVER, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_dcerpc.probe(span_of(bind, 8), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_dcerpc.probe(SPAN_LIT("\5\1\0SOCKS-is-not-it"), TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_dcerpc.probe(span_of(bind, 72), TO_SERVER, APP_UDP), PROBE_NO);
}

static void
test_udp(void **state)
{
	static const char req[] = "\4\0\x20\0\x10\0\0\0" "objectobjectobje" UUID "activityactivity" "\0\0\0\0" "\1\0\0\0"
	    "\5\0\0\0" "\3\0" "\xff\xff\xff\xff" "\4\0" "\0\0\0\0" "stub";
	struct fake f;
	char log[512];

	fake_begin(&f, &protocol_dcerpc);
	f.app.transport = APP_UDP;
	assert_int_equal(protocol_dcerpc.probe(SPAN_LIT(req), TO_SERVER, APP_UDP), PROBE_YES);
	fake_feed(&f, TO_SERVER, SPAN_LIT(req));
	assert_string_equal(fake_log(&f, f.app.first, log, sizeof(log)),
	    "{\"request\":\"REQUEST\",\"req\":{\"opnum\":3,\"frag_cnt\":1,\"stub_data_size\":4},\"interfaces\":[{"
	    "\"uuid\":\"367abb81-9844-35f1-ad32-98f038001003\",\"version\":\"1.0\",\"ack_result\":0}],\"response\":\"UNREPLIED\","
	    "\"call_id\":0,\"activityuuid\":\"69746361-6976-7974-6163-746976697479\",\"seqnum\":5,\"rpc_version\":\"4.0\"}");
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
