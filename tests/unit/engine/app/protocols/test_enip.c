/*
 * test_enip - sessions, identity, CIP requests with what they hold, and what they do; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_enip;

static uint8_t bytes[8][512];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

/* command length session status context options */
#define REGISTER "6500 0400 00000000 00000000 0000000000000000 00000000 0100 0000"
#define REGISTERED "6500 0400 07000000 00000000 0000000000000000 00000000 0100 0000"
#define IDENTITY "6300 0000 00000000 00000000 0000000000000000 00000000"
#define IDENTITY_OK "6300 2c00 00000000 00000000 0000000000000000 00000000 0100 0c00 2600" \
	"0100 0002af12c000020a0000000000000000 0100 0c00 3a00 0403 3000 8e4d5200 04 504c4331 03"
#define UNIT(length, sequence, n) "7000 " length " 07000000 00000000 0000000000000000 00000000 00000000 0000 0200 a100 0400 01020304 b100 " n " " sequence
/* get attribute list 5 and 6 of the identity, and a tag's value to be written */
#define MULTIPLE UNIT("3900", "0100", "2500") "0a 02 2002 2401 0200 0600 1200 03022001 2401 0200 0500 0600 4d 02 9102 6162 c300 010000"
#define MULTIPLE_OK UNIT("2e00", "0100", "1a00") "8a 00 00 00 0200 0600 0e00 83000000 01000500 cd00 0501 0200"
#define STOP UNIT("1c00", "0200", "0800") "07 02 208e 2401"
#define STOPPED UNIT("1a00", "0200", "0600") "87 00 1000"
#define RESET_ROUTED "6f00 2400 07000000 00000000 1100000000000000 00000000 00000000 0000 0200 0000 0000 b200 1400" \
	"52 02 2006 2401 0af0 0600 05 02 2001 2401 0100 0100"

static void
test_log(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, REGISTER), ex(1, TO_CLIENT, REGISTERED), ex(2, TO_SERVER, IDENTITY), ex(3, TO_CLIENT, IDENTITY_OK),
		ex(4, TO_SERVER, MULTIPLE STOP), ex(5, TO_CLIENT, STOPPED MULTIPLE_OK),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_enip, x, 6),
	    "{\"request\":{\"command\":\"register_session\",\"status\":\"success\",\"register_session\":{\"protocol_version\":1,"
	    "\"options\":0}},\"response\":{\"command\":\"register_session\",\"status\":\"success\",\"register_session\":"
	    "{\"protocol_version\":1,\"options\":0}}} 1 1 0\n"
	    "{\"request\":{\"command\":\"list_identity\",\"status\":\"success\"},\"response\":{\"command\":\"list_identity\","
	    "\"status\":\"success\",\"identity\":{\"protocol_version\":1,\"revision\":\"4.3\",\"vendor_id\":"
	    "\"Rockwell Automation/Allen-Bradley\",\"device_type\":\"Communications Adapter\",\"product_code\":58,\"status\":48,"
	    "\"serial\":5393806,\"product_name\":\"PLC1\",\"state\":3}}} 1 1 0\n"
	    "{\"request\":{\"command\":\"send_unit_data\",\"status\":\"success\",\"cip\":{\"service\":\"Multiple Service Packet\","
	    "\"path\":[{\"segment_type\":\"class\",\"value\":2},{\"segment_type\":\"instance\",\"value\":1}],\"class_name\":"
	    "\"Message Router\",\"multiple\":[{\"service\":\"Get Attribute List\",\"path\":[{\"segment_type\":\"class\",\"value\":1},"
	    "{\"segment_type\":\"instance\",\"value\":1}],\"class_name\":\"Identity\"},{\"service\":\"Write Tag\",\"path\":[]}]}},"
	    "\"response\":{\"command\":\"send_unit_data\",\"status\":\"success\",\"cip\":{\"service\":\"Multiple Service Packet\","
	    "\"status\":\"Success\",\"multiple\":[{\"service\":\"Get Attribute List\",\"status\":\"Success\"},{\"service\":"
	    "\"Write Tag\",\"status\":\"Path destination unknown\",\"status_extended\":\"0x0002\"}]}}} 1 1 0\n"
	    "{\"request\":{\"command\":\"send_unit_data\",\"status\":\"success\",\"cip\":{\"service\":\"Stop\",\"path\":"
	    "[{\"segment_type\":\"class\",\"value\":142},{\"segment_type\":\"instance\",\"value\":1}],\"class_name\":\"Controller\"}},"
	    "\"response\":{\"command\":\"send_unit_data\",\"status\":\"success\",\"cip\":{\"service\":\"Stop\",\"status\":"
	    "\"Device state conflict\"}}} 1 1 0\n");
}

static uint64_t
number(const struct tx *tx, int dir, const char *name, unsigned i)
{
	uint64_t v = UINT64_MAX;

	return fake_field(&protocol_enip, name)->number(tx, dir, i, &v) ? v : UINT64_MAX;
}

static void
test_fields(void **state)
{
	struct arena scratch;
	struct fake f;
	struct span s;

	arena_init(&scratch, 1 << 16);
	fake_begin(&f, &protocol_enip);
	fake_feed(&f, TO_SERVER, ex(0, 0, MULTIPLE).bytes);
	fake_feed(&f, TO_CLIENT, ex(0, 0, MULTIPLE_OK).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, IDENTITY).bytes);
	fake_feed(&f, TO_CLIENT, ex(0, 0, IDENTITY_OK).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, RESET_ROUTED).bytes);
	assert_int_equal(f.app.tx_next, 3);
	assert_int_equal(number(f.app.first, 0, "enip.cip_class", 0), 2);
	assert_int_equal(number(f.app.first, 0, "enip.cip_class", 1), 1);
	assert_int_equal(number(f.app.first, 0, "enip.cip_class", 2), UINT64_MAX);
	assert_int_equal(number(f.app.first, 0, "enip.cip_attribute", 0), 5);
	assert_int_equal(number(f.app.first, 0, "enip.cip_attribute", 1), 6);
	assert_int_equal(number(f.app.first, 1, "enip.cip_status", 2), 5);
	assert_int_equal(number(f.app.first, 1, "enip.cip_extendedstatus", 0), 2);
	assert_int_equal(number(f.app.first->next, 1, "enip.revision", 0), 0x403);
	assert_int_equal(number(f.app.first->next, 1, "enip.state", 0), 3);
	assert_int_equal(number(f.app.first->next, 1, "enip.protocol_version", 0), 1);
	assert_true(fake_field(&protocol_enip, "enip.product_name")->bytes(f.app.first->next, 1, 0, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT("PLC1")));
	assert_int_equal(number(f.app.last, 0, "enip.cip_class", 1), 1); /* in the Unconnected Send */
	assert_int_equal(f.facts.ot[OT_READ], 1);
	assert_int_equal(f.facts.ot[OT_WRITE], 1);
	assert_int_equal(f.facts.ot[OT_STOP], 1);
	assert_int_equal(f.facts.failures, 1);
	fake_end(&f);
	arena_clear(&scratch);
}

static void
test_broken(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_enip);
	fake_feed(&f, TO_SERVER, ex(0, 0, STOP).bytes);
	fake_feed(&f, TO_SERVER, SPAN_LIT("nothing that was ever defined"));
	assert_int_equal(f.app.first->events, 1);
	fake_feed(&f, TO_SERVER, ex(0, 0, IDENTITY).bytes); /* goes on where a message begins */
	assert_int_equal(f.app.tx_next, 2);
	fake_gap(&f, TO_SERVER, 100);
	fake_feed(&f, TO_SERVER, ex(0, 0, STOP).bytes);
	assert_int_equal(f.app.tx_next, 3);
	/* offsets beyond the bytes, a path longer than them, an item cut off */
	fake_feed(&f, TO_SERVER, ex(0, 0, UNIT("1e00", "0300", "0a00") "0a 01 2002 0200 ffff").bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, UNIT("1800", "0300", "0400") "0e ff").bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, UNIT("1800", "0300", "ffff") "0e ff").bytes);
	assert_int_equal(f.app.tx_next, 6);
	assert_int_equal(f.facts.ot[OT_STOP], 2);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_enip.probe(ex(0, 0, REGISTER).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_enip.probe(span_head(ex(0, 0, REGISTER).bytes, 20), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_enip.probe(ex(0, 0, IDENTITY_OK).bytes, TO_SERVER, APP_UDP), PROBE_REVERSED);
	assert_int_equal(protocol_enip.probe(ex(0, 0, STOPPED).bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_enip.probe(SPAN_LIT("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
	/* cyclic data has no header and is told by the port alone */
	assert_int_equal(protocol_enip.probe_likely(ex(0, 0, "0200 0280 0800 0102030401000000 b100 0200 aabb").bytes, TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_enip.probe_likely(ex(0, 0, "0200 0280 0800 0102030401000000 b100 0300 aabb").bytes, TO_SERVER, APP_UDP), PROBE_MORE);
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
