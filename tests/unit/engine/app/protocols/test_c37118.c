/*
 * test_c37118 - commands, configurations, data; wrong CRCs, time that goes backwards; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_c37118;

static uint8_t bytes[8][512];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

#define OFF "aa4100120005 48933450 00000000 0001 ae54"
#define ASK "aa4100120005 48933450 00000000 0005 eed0"
#define EXTENDED "aa4100170005 48933450 00000000 0008 68656c6c6f d110"
#define CONFIG "aa31007c0005 48933450 00000000 000f4240 0002 4e4f5254482020202020202020202020 0001 0000 0001 0000 0000" \
	"56312020202020202020202020202020 00000001 0001 0000 534f5554482032202020202020202020 0002 0000 0001 0000 0000" \
	"56312020202020202020202020202020 00000001 0001 0000 0019 4e2c"
#define HEADER "aa11001f0005 48933450 00000000 6d61646520666f7220612074657374 dedb"
#define DATA "aa01001a0005 48933450 00000000 2000 0000000000000000 ef29"
#define EARLIER "aa01001a0005 48933400 0f000000 0000 0000000000000000 29ca"

static void
test_log(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, ASK), ex(1, TO_CLIENT, CONFIG HEADER), ex(2, TO_SERVER, OFF EXTENDED), ex(3, TO_CLIENT, DATA EARLIER),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_c37118, x, 4),
	    "{\"frame_type\":\"command\",\"version\":1,\"id\":5,\"second\":1217606736,\"time_quality\":0,\"command\":"
	    "\"send_configuration_2\"} 1 0 0\n"
	    "{\"frame_type\":\"configuration_2\",\"version\":1,\"id\":5,\"second\":1217606736,\"time_quality\":0,\"stations\":"
	    "[{\"name\":\"NORTH\",\"id\":1},{\"name\":\"SOUTH 2\",\"id\":2}]} 0 1 0\n"
	    "{\"frame_type\":\"header\",\"version\":1,\"id\":5,\"second\":1217606736,\"time_quality\":0,\"header\":"
	    "\"made for a test\"} 0 1 0\n"
	    "{\"frame_type\":\"command\",\"version\":1,\"id\":5,\"second\":1217606736,\"time_quality\":0,\"command\":\"data_off\"} 1 0 0\n"
	    "{\"frame_type\":\"command\",\"version\":1,\"id\":5,\"second\":1217606736,\"time_quality\":0,\"command\":\"extended\"} 1 0 0\n"
	    "{\"frame_type\":\"data\",\"version\":1,\"id\":5,\"second\":1217606736,\"time_quality\":0} 0 1 0\n"
	    "{\"frame_type\":\"data\",\"version\":1,\"id\":5,\"second\":1217606656,\"time_quality\":15} 0 1 4\n");
}

static uint64_t
number(const struct tx *tx, int dir, const char *name)
{
	uint64_t v = UINT64_MAX;

	return fake_field(&protocol_c37118, name)->number(tx, dir, 0, &v) ? v : UINT64_MAX;
}

static void
test_fields(void **state)
{
	struct fake f;
	struct span s;

	fake_begin(&f, &protocol_c37118);
	fake_feed(&f, TO_SERVER, ex(0, 0, OFF).bytes);
	assert_int_equal(number(f.app.last, 0, "c37118.command"), 1);
	assert_int_equal(number(f.app.last, 1, "c37118.command"), UINT64_MAX);
	fake_feed(&f, TO_CLIENT, ex(0, 0, DATA).bytes);
	assert_int_equal(number(f.app.last, 1, "c37118.stat"), 0x2000);
	assert_false(protocol_c37118.loggable(f.app.last));
	fake_feed(&f, TO_CLIENT, ex(0, 0, CONFIG).bytes);
	assert_true(fake_field(&protocol_c37118, "c37118.station")->bytes(f.app.last, 1, 1, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("SOUTH 2")));
	assert_false(fake_field(&protocol_c37118, "c37118.station")->bytes(f.app.last, 1, 2, NULL, &s));
	fake_feed(&f, TO_SERVER, ex(0, 0, ASK EXTENDED).bytes);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.ot[OT_READ], 1);
	assert_int_equal(f.facts.ot[OT_WRITE], 1);
	fake_end(&f);
}

static void
test_broken(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_c37118);
	fake_feed(&f, TO_SERVER, ex(0, 0, "aa4100120005 48933450 00000000 0001 ae55").bytes);
	assert_int_equal(f.app.last->events, 2);
	assert_int_equal(f.facts.requests, 0); /* what may never have been sent so does not count */
	fake_feed(&f, TO_SERVER, ex(0, 0, "00112233445566 aa4f0003" OFF).bytes);
	assert_int_equal(f.app.tx_next, 2);
	assert_int_equal(f.facts.requests, 1);
	fake_gap(&f, TO_SERVER, 7);
	fake_feed(&f, TO_SERVER, ex(0, 0, "00 0001 ae54" ASK).bytes);
	assert_int_equal(f.app.tx_next, 3);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_c37118.probe(ex(0, 0, OFF).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_c37118.probe(ex(0, 0, OFF).bytes, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_c37118.probe(ex(0, 0, DATA).bytes, TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_c37118.probe(span_head(ex(0, 0, OFF).bytes, 17), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_c37118.probe(ex(0, 0, "aa4100120005 48933450 00000000 0001 ae55").bytes, TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
