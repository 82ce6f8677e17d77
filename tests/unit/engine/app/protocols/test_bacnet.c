/*
 * test_bacnet - requests with their answers, messages alone, what they do; datagrams cut short.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_bacnet;

static uint8_t bytes[12][128];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

#define WRITE "810a001a 0104 0005010f 0c00400003 1955 3e4442c800003f 4908"
#define WRITE_OK "810a0009 0100 20010f"
#define RESTART "810a000c 0104 00050214 0900"
#define RESTART_NO "810a000d 0100 500214 9104 911a"
#define SILENCE "810a000e 0104 00050311 0905 1901"
#define READ_MULTIPLE "810a001e 0104 0005040e 0c00000001 1e0955094d1f 0c00c00002 1e09551f"
#define ABORT "810a0009 0100 710404"
#define WHO_IS "810b000c 0120ffff00ff 1008"
#define I_AM "8104001e 0a090001bac0 0108000701 05 1000 c402000064 2201e0 9103 210f"
#define ROUTER "810b0007 018000"
#define RESULT "81000006 0030"

static void
test_log(void **state)
{
	static char buf[8192];
	struct exchange x[] = {
		ex(0, TO_SERVER, WRITE), ex(1, TO_CLIENT, WRITE_OK), ex(2, TO_CLIENT, RESTART), ex(3, TO_SERVER, RESTART_NO),
		ex(4, TO_SERVER, SILENCE), ex(5, TO_SERVER, READ_MULTIPLE), ex(6, TO_CLIENT, ABORT), ex(7, TO_SERVER, WHO_IS),
		ex(8, TO_SERVER, I_AM), ex(9, TO_SERVER, ROUTER), ex(10, TO_CLIENT, RESULT),
	};

	assert_string_equal(fake_run(&protocol_bacnet, x, 11, 0, buf, sizeof(buf)),
	    "{\"bvlc_function\":\"unicast_npdu\",\"type\":\"confirmed_request\",\"invoke_id\":1,\"service\":\"write_property\",\"object\":"
	    "{\"type\":\"analog_output\",\"instance\":3},\"property\":\"present_value\",\"value\":100,\"response\":{\"type\":"
	    "\"simple_ack\"}} 1 1 0\n"
	    "{\"bvlc_function\":\"unicast_npdu\",\"type\":\"confirmed_request\",\"invoke_id\":2,\"service\":\"reinitialize_device\","
	    "\"reinitialize\":\"coldstart\",\"response\":{\"type\":\"error\",\"error_class\":4,\"error_code\":26}} 1 1 0\n"
	    "{\"bvlc_function\":\"unicast_npdu\",\"type\":\"confirmed_request\",\"invoke_id\":3,\"service\":"
	    "\"device_communication_control\",\"communication\":\"disable\"} 1 0 0\n"
	    "{\"bvlc_function\":\"unicast_npdu\",\"type\":\"confirmed_request\",\"invoke_id\":4,\"service\":\"read_property_multiple\","
	    "\"object\":{\"type\":\"analog_input\",\"instance\":1},\"property\":\"present_value\",\"response\":{\"type\":\"abort\","
	    "\"reason\":4}} 1 1 0\n"
	    "{\"bvlc_function\":\"broadcast_npdu\",\"type\":\"unconfirmed_request\",\"service\":\"who_is\"} 1 0 0\n"
	    "{\"bvlc_function\":\"forwarded_npdu\",\"source_network\":7,\"type\":\"unconfirmed_request\",\"service\":\"i_am\"} 1 0 0\n"
	    "{\"bvlc_function\":\"broadcast_npdu\",\"network_message\":\"who_is_router_to_network\"} 1 0 0\n"
	    "{\"bvlc_function\":\"result\"} 0 1 0\n");
}

static uint64_t
number(const struct tx *tx, int dir, const char *name, unsigned i)
{
	uint64_t v = UINT64_MAX;

	return fake_field(&protocol_bacnet, name)->number(tx, dir, i, &v) ? v : UINT64_MAX;
}

static void
test_fields(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_bacnet);
	fake_feed(&f, TO_SERVER, ex(0, 0, READ_MULTIPLE).bytes);
	assert_int_equal(number(f.app.last, 0, "bacnet.object_type", 0), 0);
	assert_int_equal(number(f.app.last, 0, "bacnet.object_type", 1), 3);
	assert_int_equal(number(f.app.last, 0, "bacnet.object_type", 2), UINT64_MAX);
	assert_int_equal(number(f.app.last, 0, "bacnet.instance", 1), 2);
	assert_int_equal(number(f.app.last, 0, "bacnet.property", 1), 77);
	assert_int_equal(number(f.app.last, 0, "bacnet.property", 2), 85);
	assert_int_equal(number(f.app.last, 0, "bacnet.property", 3), UINT64_MAX);
	fake_feed(&f, TO_SERVER, ex(0, 0, WRITE).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, RESTART).bytes);
	assert_int_equal(number(f.app.last, 0, "bacnet.reinitialize", 0), 0);
	fake_feed(&f, TO_SERVER, ex(0, 0, SILENCE).bytes);
	assert_int_equal(number(f.app.last, 0, "bacnet.communication", 0), 1);
	fake_feed(&f, TO_CLIENT, ex(0, 0, RESTART_NO).bytes);
	assert_int_equal(f.facts.ot[OT_READ], 1);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.ot[OT_STOP], 2);
	assert_int_equal(f.facts.requests, 4);
	assert_int_equal(f.facts.failures, 1);
	fake_feed(&f, TO_CLIENT, ex(0, 0, RESTART_NO).bytes);
	assert_int_equal(f.app.last->events, 2); /* nobody asked twice */
	fake_end(&f);
}

static void
test_cut(void **state)
{
	static const char *const all[] = { WRITE, RESTART_NO, READ_MULTIPLE, I_AM, ROUTER };

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct span s = ex(0, 0, all[i]).bytes;

		for (uint32_t n = 1; n < s.n; n++) {
			struct fake f;

			fake_begin(&f, &protocol_bacnet);
			fake_feed(&f, TO_SERVER, span_head(s, n));
			assert_int_equal(f.app.last->events & 1, 1);
			fake_end(&f);
		}
	}
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_bacnet.probe(ex(0, 0, WHO_IS).bytes, TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_bacnet.probe(ex(0, 0, I_AM).bytes, TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_bacnet.probe(ex(0, 0, WHO_IS "00").bytes, TO_SERVER, APP_UDP), PROBE_NO);
	assert_int_equal(protocol_bacnet.probe(ex(0, 0, "810b0007 028000").bytes, TO_SERVER, APP_UDP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
