/*
 * test_s7comm - connection set-up, jobs with their answers and what they do; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_s7comm;

static uint8_t bytes[6][256];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

#define CR "0300 0016 11e00000000100 c0010a c1020100 c2020102"
#define CC "0300 0016 11d00001000200 c0010a c1020100 c2020102"
#define READ "0300 001f 02f080 32 01 0000 0100 000e 0000 04 01 12 0a 10 02 0004 0005 84 000050"
#define READ_OK "0300 001d 02f080 32 03 0000 0100 0002 0008 0000 04 01 ff 04 0020 00000001"
#define STOP "0300 0021 02f080 32 01 0000 0200 0010 0000 29 0000000000 09 505f50524f4752414d"
#define STOP_NO "0300 0014 02f080 32 03 0000 0200 0001 0000 8402 29"

static void
test_log(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, CR), ex(1, TO_CLIENT, CC), ex(2, TO_SERVER, READ STOP), ex(3, TO_CLIENT, READ_OK), ex(4, TO_CLIENT, STOP_NO),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_s7comm, x, 5),
	    "{\"reference\":256,\"rosctr\":\"job\",\"function_code\":4,\"function\":\"read_var\",\"items\":[{\"area\":\"db\",\"db\":5,"
	    "\"byte\":10,\"bit\":0,\"length\":4}],\"error_class\":0,\"error_code\":0,\"answered\":true} 1 1 0\n"
	    "{\"reference\":512,\"rosctr\":\"job\",\"function_code\":41,\"function\":\"plc_stop\",\"service\":\"P_PROGRAM\","
	    "\"error_class\":132,\"error_code\":2,\"answered\":true} 1 1 0\n");
}

static void
test_kinds(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_s7comm);
	fake_feed(&f, TO_SERVER, ex(0, 0, READ).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, STOP).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, "0300 0024 02f080 32 01 0000 0300 000e 0005 05 01 12 0a 10 01 0001 0001 84 000000 00 03 0001 01").bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, "0300 0021 02f080 32 01 0000 0400 0010 0000 28 000000000000fd 00 00 05 5f494e5345").bytes); /* _INSE */
	fake_feed(&f, TO_SERVER, ex(0, 0, "0300 0025 02f080 32 01 0000 0500 0014 0000 28 000000000000fd 0000 09 505f50524f4752414d").bytes);
	fake_feed(&f, TO_CLIENT, ex(0, 0, STOP_NO).bytes);
	assert_int_equal(f.facts.ot[OT_READ], 1);
	assert_int_equal(f.facts.ot[OT_STOP], 1);
	assert_int_equal(f.facts.ot[OT_WRITE], 1);
	assert_int_equal(f.facts.ot[OT_PROGRAM], 1);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.failures, 1);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("no TPKT at all"));
	assert_int_equal(f.app.last->events & 1, 1);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_s7comm.probe(ex(0, 0, CR).bytes, TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_s7comm.probe(ex(0, 0, CR READ).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_s7comm.probe(ex(0, 0, CR READ).bytes, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	/* remote desktop; MMS */
	assert_int_equal(protocol_s7comm.probe(ex(0, 0, "0300 0013 0ee00000000000 0100080003000000").bytes, TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_s7comm.probe(ex(0, 0, CR "0300 000b 02f080 0d020506").bytes, TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
