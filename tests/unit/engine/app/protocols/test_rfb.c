/*
 * test_rfb - a desktop opened with a password, a refusal of version 3.3, a security type that is not read; each cut everywhere.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_rfb;

static const char *const vnc_hex[] = {
	"524642203030332e3030380a",
	"524642203030332e3030380a",
	"020102",
	"02",
	"000102030405060708090a0b0c0d0e0f",
	"101112131415161718191a1b1c1d1e1f",
	"00000000",
	"01",
	"032002582018000100ff00ff00ff100800000000000000046465736b",
	"0200000100000006",
};
static const uint8_t vnc_dirs[] = { TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER };
static const char *const refused_hex[] = {
	"524642203030332e3030330a",
	"524642203030332e3030330a",
	"0000000000000003626164",
};
static const uint8_t refused_dirs[] = { TO_CLIENT, TO_SERVER, TO_CLIENT };
static const char *const odd_hex[] = {
	"524642203030332e3838390a",
	"524642203030332e3030380a",
	"011e",
	"1e",
	"616e797468696e67",
};
static const uint8_t odd_dirs[] = { TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER, TO_SERVER };

static void
test_desktop(void **state)
{
	assert_string_equal(fake_run_hex(&protocol_rfb, vnc_hex, vnc_dirs, FAKE_N(vnc_dirs)),
	    "{\"server_protocol_version\":{\"major\":\"003\",\"minor\":\"008\"},\"client_protocol_version\":{\"major\":\"003\",\"minor\":\"008\"},"
	    "\"authentication\":{\"security_type\":2,\"vnc\":{\"challenge\":\"000102030405060708090a0b0c0d0e0f\","
	    "\"response\":\"101112131415161718191a1b1c1d1e1f\"},\"security_result\":\"OK\"},\"screen_shared\":true,"
	    "\"framebuffer\":{\"width\":800,\"height\":600,\"name\":\"desk\",\"pixel_format\":{\"bits_per_pixel\":32,\"depth\":24,\"big_endian\":false,"
	    "\"true_color\":true,\"red_max\":255,\"green_max\":255,\"blue_max\":255,\"red_shift\":16,\"green_shift\":8,\"blue_shift\":0}}} 1 1 0\n");
}

static void
test_refused(void **state)
{
	assert_non_null(strstr(fake_run_hex(&protocol_rfb, refused_hex, refused_dirs, FAKE_N(refused_dirs)), "\"server_security_failure_reason\":\"bad\"} 1 1 0\n"));
	assert_non_null(strstr(fake_run_hex(&protocol_rfb, odd_hex, odd_dirs, FAKE_N(odd_dirs)), "\"security_type\":30}} 1 1 1\n"));
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_rfb.probe(SPAN_LIT("RFB 003.003\n"), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_rfb.probe(SPAN_LIT("RFB 003"), TO_CLIENT, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_rfb.probe(SPAN_LIT("RFB 003.00a\n"), TO_CLIENT, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_rfb.probe(SPAN_LIT("RFC"), TO_CLIENT, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_desktop), cmocka_unit_test(test_refused), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
