/*
 * test_dnp3 - link frames with their CRCs, messages over several frames, objects; cut at every byte.
 */
#include "protocol_fake.h"
#include "engine/app/protocols/dnp3.h"

extern const struct protocol protocol_dnp3;

static uint8_t bytes[4][512];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

/* direct operate of output 7 (pulse on) and its answer; write of eight packed outputs over two frames; cold restart */
static const char operate[] = "05641ac40a0001008a1cc0c1050c012801000700030164000000bbe16400000000005b";
static const char answer[] = "05641c4401000a007636c0c18190040c0128010007000301640038b4000064000000047882";
static const char write_two[] = "05640ac40a0001004b6441c2020a01075f05640ac40a0001004b6482000007a5d33f";
static const char restart[] = "056408c40a000100fc42c0c30d3736";
static const char bad_data[] = "056408c40a000100fc42c0c30d3737";
static const char bad_header[] = "056408c40a010100fc42c0c30d3736";
static const char file_block[] = "056418c40a0001003d3ac0c40246055b010a000100000000000003c6806162594f";
static const char too_small[] = "056404c40a000100ffff";

#define CONTROL "\"control\":{\"fir\":true,\"fin\":true,\"con\":false,\"uns\":false,\"sequence\":"

static void
test_log(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, operate),
		ex(1, TO_CLIENT, answer),
		ex(2, TO_SERVER, write_two),
		ex(3, TO_SERVER, restart),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_dnp3, x, 4),
	    "{\"type\":\"request\",\"control\":{\"dir\":true,\"pri\":true,\"fcb\":false,\"fcv\":false,\"function_code\":4},"
	    "\"src\":1,\"dst\":10,\"application\":{" CONTROL "1},\"function_code\":5,\"objects\":[{\"group\":12,\"variation\":1,"
	    "\"qualifier\":40,\"prefix_code\":2,\"range_code\":8,\"start\":0,\"stop\":0,\"count\":1,\"points\":[{\"prefix\":7,"
	    "\"index\":7,\"op_type\":3,\"qu\":0,\"cr\":0,\"tcc\":0,\"count\":1,\"ontime\":100,\"offtime\":100,"
	    "\"status_code\":0,\"reserved\":0}]}],\"complete\":true}} 1 0 0\n"
	    "{\"type\":\"response\",\"control\":{\"dir\":false,\"pri\":true,\"fcb\":false,\"fcv\":false,\"function_code\":4},"
	    "\"src\":10,\"dst\":1,\"application\":{" CONTROL "1},\"function_code\":129,\"objects\":[{\"group\":12,\"variation\":1,"
	    "\"qualifier\":40,\"prefix_code\":2,\"range_code\":8,\"start\":0,\"stop\":0,\"count\":1,\"points\":[{\"prefix\":7,"
	    "\"index\":7,\"op_type\":3,\"qu\":0,\"cr\":0,\"tcc\":0,\"count\":1,\"ontime\":100,\"offtime\":100,"
	    "\"status_code\":4,\"reserved\":0}]}],\"complete\":true},"
	    "\"iin\":{\"indicators\":[\"device_restart\",\"need_time\",\"parameter_error\"]}} 0 1 0\n"
	    "{\"type\":\"request\",\"control\":{\"dir\":true,\"pri\":true,\"fcb\":false,\"fcv\":false,\"function_code\":4},"
	    "\"src\":1,\"dst\":10,\"application\":{" CONTROL "2},\"function_code\":2,\"objects\":[{\"group\":10,\"variation\":1,"
	    "\"qualifier\":0,\"prefix_code\":0,\"range_code\":0,\"start\":0,\"stop\":7,\"count\":8,\"points\":["
	    "{\"prefix\":0,\"index\":0,\"state\":1},{\"prefix\":0,\"index\":1,\"state\":0},{\"prefix\":0,\"index\":2,\"state\":1},"
	    "{\"prefix\":0,\"index\":3,\"state\":0},{\"prefix\":0,\"index\":4,\"state\":0},{\"prefix\":0,\"index\":5,\"state\":1},"
	    "{\"prefix\":0,\"index\":6,\"state\":0},{\"prefix\":0,\"index\":7,\"state\":1}]}],\"complete\":true}} 1 0 0\n"
	    "{\"type\":\"request\",\"control\":{\"dir\":true,\"pri\":true,\"fcb\":false,\"fcv\":false,\"function_code\":4},"
	    "\"src\":1,\"dst\":10,\"application\":{" CONTROL "3},\"function_code\":13,\"complete\":true}} 1 0 0\n");
}

static void
test_kinds(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_dnp3);
	fake_feed(&f, TO_SERVER, ex(0, 0, operate).bytes);
	assert_true(dnp3_has_object(f.app.last, 12, 1));
	assert_false(dnp3_has_object(f.app.last, 12, 2));
	fake_feed(&f, TO_CLIENT, ex(0, 0, answer).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, write_two).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, restart).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, file_block).bytes);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.ot[OT_WRITE], 1);
	assert_int_equal(f.facts.ot[OT_STOP], 1);
	assert_int_equal(f.facts.ot[OT_PROGRAM], 1);
	assert_int_equal(f.facts.requests, 4);
	assert_int_equal(f.facts.failures, 1); /* parameter error */
	fake_end(&f);
}

static void
test_damage(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_dnp3);
	fake_feed(&f, TO_SERVER, ex(0, 0, bad_data).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, bad_header).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, too_small).bytes);
	assert_int_equal(f.app.last->events, 1 << DNP3_EV_BAD_TRANSPORT_CRC | 1 << DNP3_EV_BAD_LINK_CRC | 1 << DNP3_EV_LEN_TOO_SMALL);
	assert_int_equal(f.facts.requests, 0);
	fake_feed(&f, TO_SERVER, ex(0, 0, restart).bytes);
	assert_int_equal(f.facts.ot[OT_STOP], 1);
	for (int i = 0; i < 40; i++)
		fake_feed(&f, TO_SERVER, ex(0, 0, restart).bytes);
	assert_int_equal(f.facts.ot[OT_STOP], 41); /* goes on to be seen */
	for (struct tx *t = f.app.first; t; t = t->next)
		assert_int_equal(t->events & 1 << DNP3_EV_FLOODED, t->id == 33 ? 1 << DNP3_EV_FLOODED : 0);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_dnp3.probe(ex(0, 0, operate).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_dnp3.probe(ex(0, 0, answer).bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_dnp3.probe(ex(0, 0, answer).bytes, TO_SERVER, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_dnp3.probe(ex(0, 0, bad_header).bytes, TO_SERVER, APP_TCP), PROBE_NO);
	/* a frame printed in the standard: reset link states */
	assert_int_equal(protocol_dnp3.probe(ex(0, 0, "056405c001000004e921").bytes, TO_SERVER, APP_TCP), PROBE_YES);
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
