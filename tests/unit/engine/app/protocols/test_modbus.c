/*
 * test_modbus - requests, responses, exceptions and kinds of operation out of handwritten frames, cut at every byte.
 */
#include "protocol_fake.h"
#include "engine/app/protocols/modbus.h"

extern const struct protocol protocol_modbus;

static uint8_t bytes[8][300];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

static void
test_log(void **state)
{
	struct exchange x[] = {
		/* two requests in one segment: read 2 holding registers from 5; write 3 coils from 0x13 */
		ex(0, TO_SERVER, "0001 0000 0006 0a 03 0005 0002  0002 0000 0008 0a 0f 0013 0003 01 05"),
		ex(1, TO_CLIENT, "0002 0000 0003 0a 8f 02"),
		ex(2, TO_CLIENT, "0001 0000 0007 0a 03 04 0009 0018"),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_modbus, x, 3),
	    "{\"id\":1,\"request\":{\"transaction_id\":1,\"protocol_id\":0,\"unit_id\":10,\"function_raw\":3,"
	    "\"function_code\":\"RdHoldRegs\",\"access_type\":\"READ | HOLDING\",\"category\":\"PUBLIC_ASSIGNED\","
	    "\"error_flags\":\"NONE\",\"read\":{\"address\":5,\"quantity\":2}},"
	    "\"response\":{\"transaction_id\":1,\"protocol_id\":0,\"unit_id\":10,\"function_raw\":3,"
	    "\"function_code\":\"RdHoldRegs\",\"access_type\":\"READ | HOLDING\",\"category\":\"PUBLIC_ASSIGNED\","
	    "\"error_flags\":\"NONE\",\"read\":{\"data\":\"00090018\"}}} 1 1 0\n"
	    "{\"id\":2,\"request\":{\"transaction_id\":2,\"protocol_id\":0,\"unit_id\":10,\"function_raw\":15,"
	    "\"function_code\":\"WrMultCoils\",\"access_type\":\"WRITE | COILS | MULTIPLE\",\"category\":\"PUBLIC_ASSIGNED\","
	    "\"error_flags\":\"NONE\",\"write\":{\"address\":19,\"quantity\":3,\"data\":\"05\"}},"
	    "\"response\":{\"transaction_id\":2,\"protocol_id\":0,\"unit_id\":10,\"function_raw\":143,"
	    "\"function_code\":\"WrMultCoils\",\"access_type\":\"WRITE | COILS | MULTIPLE\",\"category\":\"PUBLIC_ASSIGNED\","
	    "\"error_flags\":\"NONE\",\"exception\":{\"raw\":2,\"code\":\"IllegalDataAddr\"}}} 1 1 0\n");
}

static void
test_kinds(void **state)
{
	struct fake f;
	uint16_t v;

	fake_begin(&f, &protocol_modbus);
	fake_feed(&f, TO_SERVER, ex(0, 0, "0001 0000 0006 01 01 0000 0010").bytes);      /* read */
	fake_feed(&f, TO_SERVER, ex(0, 0, "0002 0000 0006 01 05 0007 ff00").bytes);      /* write coil 7 */
	assert_true(modbus_written(modbus_of(f.app.last, TO_SERVER), 7, &v));
	assert_int_equal(v, 1);
	assert_false(modbus_written(modbus_of(f.app.last, TO_SERVER), 8, &v));
	fake_feed(&f, TO_SERVER, ex(0, 0, "0003 0000 000b 01 10 0020 0002 04 0001 abcd").bytes);
	assert_true(modbus_written(modbus_of(f.app.last, TO_SERVER), 0x21, &v));
	assert_int_equal(v, 0xabcd);
	fake_feed(&f, TO_SERVER, ex(0, 0, "0004 0000 0006 01 08 0001 0000").bytes);      /* restart communications */
	fake_feed(&f, TO_SERVER, ex(0, 0, "0005 0000 0006 01 08 0004 0000").bytes);      /* listen only */
	fake_feed(&f, TO_SERVER, ex(0, 0, "0006 0000 0004 01 5a 00 41").bytes);          /* UMAS: stop */
	fake_feed(&f, TO_SERVER, ex(0, 0, "0007 0000 0004 01 5a 00 34").bytes);          /* UMAS: download block */
	fake_feed(&f, TO_CLIENT, ex(0, 0, "0002 0000 0003 01 85 04").bytes);
	assert_int_equal(f.facts.ot[OT_READ], 1);
	assert_int_equal(f.facts.ot[OT_WRITE], 2);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.ot[OT_STOP], 2);
	assert_int_equal(f.facts.ot[OT_PROGRAM], 1);
	assert_int_equal(f.facts.requests, 7);
	assert_int_equal(f.facts.responses, 1);
	assert_int_equal(f.facts.failures, 1);
	fake_end(&f);
}

static void
test_events(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_modbus);
	fake_feed(&f, TO_SERVER, ex(0, 0, "0001 0000 0006 01 03 0000 007e").bytes);      /* 126 registers: one too many */
	assert_int_equal(f.app.last->events, 1 << 4);
	fake_feed(&f, TO_CLIENT, ex(0, 0, "0009 0000 0003 01 83 02").bytes);
	assert_int_equal(f.app.last->events, 1 << 1);                                    /* unsolicited_response */
	assert_true(tx_done(&f.app, f.app.last, TO_SERVER));
	fake_gap(&f, TO_SERVER, 100);
	fake_feed(&f, TO_SERVER, SPAN_LIT("rest of something"));                         /* passed over */
	fake_feed(&f, TO_SERVER, ex(0, 0, "000a 0000 0006 01 03 0000 0001").bytes);
	assert_int_equal(f.app.last->id, 2);
	fake_feed(&f, TO_SERVER, ex(0, 0, "000b 0000 ffff 01 03 0000 0001").bytes);      /* no such length */
	assert_true(f.lost[TO_SERVER]);
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
		{ "0001 0000 0006 0a 03 0005 0002", TO_SERVER, PROBE_YES },
		{ "0001 0000 0006 0a 03 0005 0002 0001 0000 0006 0a 03 0005 0002", TO_SERVER, PROBE_YES },
		{ "0001 0000 0006 0a 03 0005 0002 0001 0001 0006 0a 03 0005 0002", TO_SERVER, PROBE_NO },
		{ "0001 0000 0007 0a 03 0005 0002 00", TO_SERVER, PROBE_NO },
		{ "0001 0000 0006 0a 03 0005", TO_SERVER, PROBE_MORE },
		{ "0001 0000 0006 0a 63 0005 0002", TO_SERVER, PROBE_NO },
		{ "0001 0000 0003 0a 83 02", TO_CLIENT, PROBE_YES },
		{ "0000 0000 0000 0000 0000 0000", TO_SERVER, PROBE_NO },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(protocol_modbus.probe(ex(0, 0, rows[i].hex).bytes, rows[i].dir, APP_TCP), rows[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
