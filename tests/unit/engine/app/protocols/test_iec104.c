/*
 * test_iec104 - APDUs, commands and what they do, out of handwritten frames, cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_iec104;

static uint8_t bytes[4][512];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

static void
test_log(void **state)
{
	struct exchange x[] = {
		/* STARTDT act, TESTFR act */
		ex(0, TO_SERVER, "68 04 07 00 00 00  68 04 43 00 00 00"),
		/* STARTDT con, S-frame, two single points in sequence from 1000 */
		ex(1, TO_CLIENT, "68 04 0b 00 00 00  68 04 01 00 00 00  68 0f 00 00 00 00 01 82 03 00 05 00 e8 03 00 01 00"),
		/* single command on 6000: select, on; set point 1.5 on 7000 */
		ex(2, TO_SERVER, "68 0e 02 00 02 00 2d 01 06 00 05 00 70 17 00 81  68 12 04 00 02 00 32 01 06 00 05 00 58 1b 00 00 00 c0 3f 00"),
		/* negative confirmation */
		ex(3, TO_CLIENT, "68 0e 02 00 06 00 2d 01 47 00 05 00 70 17 00 81"),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_iec104, x, 4),
	    "{\"frame\":\"U\",\"function\":\"startdt_act\"} 1 0 0\n"
	    "{\"frame\":\"U\",\"function\":\"startdt_con\"} 0 1 0\n"
	    "{\"frame\":\"I\",\"type_id\":1,\"type\":\"M_SP_NA_1\",\"cot\":3,\"cause\":\"spontaneous\",\"negative\":false,"
	    "\"test\":false,\"originator\":0,\"ca\":5,\"count\":2,\"objects\":[{\"ioa\":1000},{\"ioa\":1001}]} 0 1 0\n"
	    "{\"frame\":\"I\",\"type_id\":45,\"type\":\"C_SC_NA_1\",\"cot\":6,\"cause\":\"activation\",\"negative\":false,"
	    "\"test\":false,\"originator\":0,\"ca\":5,\"count\":1,\"objects\":[{\"ioa\":6000,\"value\":1,\"select\":true}]} 1 0 0\n"
	    "{\"frame\":\"I\",\"type_id\":50,\"type\":\"C_SE_NC_1\",\"cot\":6,\"cause\":\"activation\",\"negative\":false,"
	    "\"test\":false,\"originator\":0,\"ca\":5,\"count\":1,\"objects\":[{\"ioa\":7000,\"value\":1.5,\"select\":false}]} 1 0 0\n"
	    "{\"frame\":\"I\",\"type_id\":45,\"type\":\"C_SC_NA_1\",\"cot\":7,\"cause\":\"activation_con\",\"negative\":true,"
	    "\"test\":false,\"originator\":0,\"ca\":5,\"count\":1,\"objects\":[{\"ioa\":6000,\"value\":1,\"select\":true}]} 0 1 0\n");
}

static void
test_kinds(void **state)
{
	struct fake f;
	uint64_t v;

	fake_begin(&f, &protocol_iec104);
	fake_feed(&f, TO_SERVER, ex(0, 0, "68 0e 00 00 00 00 64 01 06 00 05 00 00 00 00 14").bytes); /* interrogation */
	fake_feed(&f, TO_SERVER, ex(0, 0, "68 0e 02 00 00 00 69 01 06 00 05 00 00 00 00 01").bytes); /* reset process */
	fake_feed(&f, TO_SERVER, ex(0, 0, "68 0e 04 00 00 00 2e 01 06 00 05 00 01 00 00 02").bytes); /* double command */
	assert_true(fake_field(&protocol_iec104, "iec104.ioa")->number(f.app.last, 0, 0, &v));
	assert_int_equal(v, 1);
	assert_false(fake_field(&protocol_iec104, "iec104.ioa")->number(f.app.last, 0, 1, &v));
	assert_false(fake_field(&protocol_iec104, "iec104.type_id")->number(f.app.last, 1, 0, &v));
	fake_feed(&f, TO_SERVER, ex(0, 0, "68 13 06 00 00 00 78 01 0d 00 05 00 01 00 00 01 00 10 00 00 80").bytes); /* file ready */
	fake_feed(&f, TO_CLIENT, ex(0, 0, "68 0e 00 00 06 00 2e 01 47 00 05 00 01 00 00 02").bytes);
	assert_int_equal(f.facts.ot[OT_READ], 1);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.ot[OT_STOP], 1);
	assert_int_equal(f.facts.ot[OT_PROGRAM], 1);
	assert_int_equal(f.facts.requests, 4);
	assert_int_equal(f.facts.failures, 1);
	fake_end(&f);
}

static void
test_damage(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_iec104);
	fake_feed(&f, TO_SERVER, ex(0, 0, "68 0f 00 00 00 00 64 01 06 00 05 00 00 00 00 14 00").bytes); /* a byte too many */
	assert_int_equal(f.app.last->events, 1 << 1);
	fake_feed(&f, TO_SERVER, ex(0, 0, "68 0a 02 00 00 00 2b 01 06 00 05 00").bytes); /* type 43 is reserved */
	assert_int_equal(f.app.last->events, 1 << 2);
	fake_feed(&f, TO_SERVER, SPAN_LIT("garbage garbage"));
	assert_int_equal(f.app.last->events, 1 << 2 | 1 << 0);
	fake_feed(&f, TO_SERVER, ex(0, 0, "68 0e 02 00 00 00 69 01 06 00 05 00 00 00 00 01").bytes);
	assert_int_equal(f.facts.ot[OT_STOP], 1); /* found again */
	fake_end(&f);
}

static void
test_probe(void **state)
{
	static const struct {
		const char *hex;
		int dir;
		enum app_probe want;
	} rows[] = {
		{ "68 04 07 00 00 00", TO_SERVER, PROBE_YES },
		{ "68 04 07 00 00 00", TO_CLIENT, PROBE_REVERSED },
		{ "68 04 01 00 00 00", TO_SERVER, PROBE_MORE },
		{ "68 04 01 00 00 00 68 0e 02 00 00 00 69 01 06 00 05 00 00 00 00 01", TO_SERVER, PROBE_YES },
		{ "68 0e 02 00 00 00 69 01 06 00 05 00 00 00 00 01 00", TO_SERVER, PROBE_YES },
		{ "68 0e 02 00 00 00 69 01 06 00 05 00 00 00 00 01 47 45 54", TO_SERVER, PROBE_NO },
		{ "68 0f 02 00 00 00 69 01 06 00 05 00 00 00 00 01 00", TO_SERVER, PROBE_NO },
		{ "68 65 6c 6c 6f 20", TO_SERVER, PROBE_MORE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(protocol_iec104.probe(ex(0, 0, rows[i].hex).bytes, rows[i].dir, APP_TCP), rows[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
