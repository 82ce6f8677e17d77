/*
 * test_mqtt - version 5: connect with a will and properties, subscribe, publish acknowledged, what comes without its cause;
 * cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_mqtt;

static struct exchange script[] = {
	{ TO_SERVER, SPAN_LIT("\x10\x25\0\4MQTT\5\xc6\0\x3c" "\3\x21\0\x14" "\0\2me" "\0" "\0\1t\0\1w" "\0\4user" "\0\4pass") },
	{ TO_CLIENT, SPAN_LIT("\x20\3\0\0\0") },
	{ TO_SERVER, SPAN_LIT("\x82\x0c\0\1\0" "\0\1x\0" "\0\2yz\1") },
	{ TO_CLIENT, SPAN_LIT("\x90\5\0\1\0\0\x80") },
	{ TO_SERVER, SPAN_LIT("\x32\x0f\0\1x\0\2" "\7\x26\0\1a\0\1b" "hi") },
	{ TO_CLIENT, SPAN_LIT("\x40\2\0\2") },
	{ TO_CLIENT, SPAN_LIT("\x40\2\0\x63") },
	{ TO_SERVER, SPAN_LIT("\xe0\0") },
};

static void
test_log(void **state)
{
#define PLAIN "{\"qos\":0,\"retain\":false,\"dup\":false"
	assert_string_equal(fake_run_all_cuts(&protocol_mqtt, script, 8),
	    "{\"connect\":" PLAIN ",\"protocol_string\":\"MQTT\",\"protocol_version\":5,\"flags\":{\"username\":true,\"password\":true,"
	    "\"will_retain\":false,\"will\":true,\"clean_session\":true},\"client_id\":\"me\",\"username\":\"user\",\"password\":\"pass\","
	    "\"will\":{\"topic\":\"t\",\"message\":\"w\"},\"properties\":{\"receive_maximum\":20}},"
	    "\"connack\":" PLAIN ",\"session_present\":false,\"return_code\":0}} 1 1 0\n"
	    "{\"subscribe\":{\"qos\":1,\"retain\":false,\"dup\":false,\"message_id\":1,\"topics\":[{\"topic\":\"x\",\"qos\":0},"
	    "{\"topic\":\"yz\",\"qos\":1}]},\"suback\":" PLAIN ",\"message_id\":1,\"qos_granted\":[0,128]}} 1 1 0\n"
	    "{\"publish\":{\"qos\":1,\"retain\":false,\"dup\":false,\"topic\":\"x\",\"message_id\":2,\"message\":\"hi\",\"properties\":{\"a\":\"b\"}},"
	    "\"puback\":" PLAIN ",\"message_id\":2}} 1 1 0\n"
	    "{\"puback\":" PLAIN ",\"message_id\":99}} 1 1 2\n"
	    "{\"disconnect\":" PLAIN ",\"reason_code\":0}} 1 1 0\n");
}

static void
test_fields(void **state)
{
	struct fake f;
	struct span s;
	uint64_t v;

	fake_begin(&f, &protocol_mqtt);
	for (unsigned i = 0; i < 4; i++)
		fake_feed(&f, script[i].dir, script[i].bytes);
	assert_true(fake_field(&protocol_mqtt, "mqtt.connect.password")->bytes(f.app.first, 0, 0, NULL, &s) && span_eq(s, SPAN_LIT("pass")));
	assert_true(fake_field(&protocol_mqtt, "mqtt.subscribe.topic")->bytes(f.app.first->next, 0, 1, NULL, &s) && span_eq(s, SPAN_LIT("yz")));
	assert_true(fake_field(&protocol_mqtt, "mqtt.reason_code")->number(f.app.first->next, 0, 1, &v) && v == 128);
	assert_false(fake_field(&protocol_mqtt, "mqtt.publish.topic")->bytes(f.app.first, 0, 0, NULL, &s));
	fake_feed(&f, TO_SERVER, SPAN_LIT("\0\0")); /* unassigned */
	assert_int_equal(f.app.last->events, 1 << 8);
	fake_feed(&f, TO_SERVER, SPAN_LIT("\x30\xff\xff\xff\x7f")); /* far too long: passed over */
	assert_false(f.lost[TO_SERVER]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_mqtt.probe(script[0].bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_mqtt.probe(SPAN_LIT("\x10\x10"), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_mqtt.probe(SPAN_LIT("GET / HTTP/1.1\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
