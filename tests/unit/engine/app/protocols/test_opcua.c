/*
 * test_opcua - channels, sessions, writes and calls, faults, chunks, what is encrypted; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_opcua;

static uint8_t bytes[8][1024];

static struct exchange
ex(unsigned slot, int dir, const char *hex)
{
	return (struct exchange) { dir, unhex(hex, bytes[slot], sizeof(bytes[slot])) };
}

#define HELLO "48454c463200000000000000ffff0000ffff00000000000000000000120000006f70632e7463703a2f2f706c633a34383430"
#define ACK "41434b461c00000000000000ffff0000ffff00000000000000000000"
#define OPEN "4f504e4684000000000000002f000000687474703a2f2f6f7063666f756e646174696f6e2e6f72672f55412f536563757269" \
	"7479506f6c696379234e6f6e65ffffffffffffffff01000000010000000100be010000000000000000000007000000000000" \
	"00ffffffffe8030000000000000000000000000001000000ffffffff80ee3600"
#define OPENED "4f504e46870000001e0000002f000000687474703a2f2f6f7063666f756e646174696f6e2e6f72672f55412f536563757269" \
	"7479506f6c696379234e6f6e65ffffffffffffffff01000000010000000100c1010000000000000000070000000000000000" \
	"ffffffff000000000000001e00000023000000000000000000000080ee3600ffffffff"
#define SECURED "4f504e46810000000000000039000000687474703a2f2f6f7063666f756e646174696f6e2e6f72672f55412f536563757269" \
	"7479506f6c696379234261736963323536536861323536ffffffffffffffff01000000010000005555555555555555555555" \
	"5555555555555555555555555555555555555555555555555555555555"
#define ACTIVATE "4d5347467f0000001e0000002300000003000000030000000100d301000000000000000000000700000000000000ffffffff" \
	"e8030000000000ffffffffffffffffffffffff0100000002000000656e01004401011f0000000100000070080000006f7065" \
	"7261746f7206000000736563726574ffffffffffffffffffffffff"
#define WRITE "4d534746610000001e0000002300000004000000040000000100a102000000000000000000000700000000000000ffffffff" \
	"e8030000000000010000000302000b00000050756d70312e53706565640d000000ffffffff010b0000000000000000"
#define WRITTEN "4d534746400000001e0000002300000004000000040000000100a4020000000000000000070000000000000000ffffffff00" \
	"00000100000000000000ffffffff"
#define CALL "4d534746510000001e0000002300000005000000050000000100c802000000000000000000000700000000000000ffffffff" \
	"e80300000000000100000003020005000000506c616e7401023905ffffffff"
#define FAULT "4d534746340000001e00000023000000050000000500000001008d0100000000000000000700000000001f8000ffffffff00" \
	"0000"
#define PART "4d5347435b0000001e00000023000000060000000600000001007702000000000000000000000700000000000000ffffffff" \
	"e8030000000000000000000000000002000000010000000100d3080d000000ffffffff0000ffffffff"
#define REST "4d534746220000001e000000230000000600000006000000aaaaaaaaaaaaaaaaaaaa"
#define CLOSE "434c4f46390000001e0000002300000007000000070000000100c401000000000000000000000700000000000000ffffffff" \
	"e8030000000000"
#define ERROR "455252461200000000000880020000006e6f"
#define HIDDEN "4d534746400000001e0000002300000009000000090000007777777777777777777777777777777777777777777777777777" \
	"7777777777777777777777777777"

static void
test_log(void **state)
{
	struct exchange x[] = {
		ex(0, TO_SERVER, HELLO), ex(1, TO_CLIENT, ACK), ex(2, TO_SERVER, OPEN), ex(3, TO_CLIENT, OPENED),
		ex(4, TO_SERVER, ACTIVATE WRITE CALL), ex(5, TO_CLIENT, FAULT WRITTEN), ex(6, TO_SERVER, PART REST CLOSE),
	};

	assert_string_equal(fake_run_all_cuts(&protocol_opcua, x, 7),
	    "{\"type\":\"hello\",\"endpoint\":\"opc.tcp://plc:4840\",\"answered\":true} 1 1 0\n"
	    "{\"type\":\"open\",\"channel\":0,\"channel_security\":\"none\",\"encrypted\":false,"
	    "\"security_policy\":\"http://opcfoundation.org/UA/SecurityPolicy#None\",\"service\":\"open_secure_channel\","
	    "\"security_mode\":\"none\",\"status\":0,\"answered\":true} 1 1 0\n"
	    "{\"type\":\"message\",\"channel\":30,\"channel_security\":\"none\",\"encrypted\":false,"
	    "\"service\":\"activate_session\",\"user_token\":\"username\",\"user\":\"operator\","
	    "\"answered\":false} 1 0 0\n"
	    "{\"type\":\"message\",\"channel\":30,\"channel_security\":\"none\",\"encrypted\":false,"
	    "\"service\":\"write\",\"node\":\"ns=2;s=Pump1.Speed\",\"status\":0,\"answered\":true} 1 1 0\n"
	    "{\"type\":\"message\",\"channel\":30,\"channel_security\":\"none\",\"encrypted\":false,\"service\":\"call\","
	    "\"node\":\"ns=2;s=Plant\",\"method\":\"ns=2;i=1337\",\"status\":2149515264,\"answered\":true} 1 1 0\n"
	    "{\"type\":\"message\",\"channel\":30,\"channel_security\":\"none\",\"encrypted\":false,\"service\":\"read\","
	    "\"node\":\"ns=0;i=2259\",\"answered\":false} 1 0 0\n"
	    "{\"type\":\"close\",\"channel\":30,\"channel_security\":\"none\",\"encrypted\":false,"
	    "\"service\":\"close_secure_channel\",\"answered\":false} 1 0 0\n");
}

static uint64_t
number(const struct tx *tx, int dir, const char *name)
{
	uint64_t v = UINT64_MAX;

	return fake_field(&protocol_opcua, name)->number(tx, dir, 0, &v) ? v : UINT64_MAX;
}

static void
test_fields(void **state)
{
	struct arena scratch;
	struct fake f;
	struct span s;

	arena_init(&scratch, 1 << 16);
	fake_begin(&f, &protocol_opcua);
	fake_feed(&f, TO_SERVER, ex(0, 0, WRITE).bytes);
	assert_int_equal(number(f.app.last, 0, "opcua.service"), 673);
	assert_int_equal(number(f.app.last, 0, "opcua.channel_security"), UINT64_MAX); /* its opening was not seen */
	fake_feed(&f, TO_SERVER, ex(0, 0, OPEN).bytes);
	assert_int_equal(number(f.app.last, 0, "opcua.security_mode"), 1);
	assert_true(fake_field(&protocol_opcua, "opcua.security_policy")->bytes(f.app.last, 0, 0, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT("http://opcfoundation.org/UA/SecurityPolicy#None")));
	fake_feed(&f, TO_SERVER, ex(0, 0, ACTIVATE).bytes);
	assert_int_equal(number(f.app.last, 0, "opcua.user_token"), 324);
	assert_true(fake_field(&protocol_opcua, "opcua.user")->bytes(f.app.last, 0, 0, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT("operator")));
	fake_feed(&f, TO_SERVER, ex(0, 0, CALL).bytes);
	assert_int_equal(number(f.app.last, 0, "opcua.channel_security"), 1);
	assert_true(fake_field(&protocol_opcua, "opcua.node")->bytes(f.app.last, 0, 1, &scratch, &s));
	assert_true(span_eq(s, SPAN_LIT("ns=2;i=1337")));
	assert_false(fake_field(&protocol_opcua, "opcua.node")->bytes(f.app.last, 0, 2, &scratch, &s));
	fake_feed(&f, TO_CLIENT, ex(0, 0, FAULT).bytes);
	assert_int_equal(number(f.app.last, 1, "opcua.service"), 712);
	assert_int_equal(number(f.app.last, 1, "opcua.status"), 0x801f0000);
	assert_int_equal(f.facts.ot[OT_WRITE], 1);
	assert_int_equal(f.facts.ot[OT_CONTROL], 1);
	assert_int_equal(f.facts.failures, 1);
	fake_end(&f);
	arena_clear(&scratch);
}

static void
test_secured(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_opcua);
	fake_feed(&f, TO_SERVER, ex(0, 0, SECURED HIDDEN).bytes);
	assert_int_equal(f.app.tx_next, 2);
	assert_int_equal(number(f.app.last, 0, "opcua.channel_security"), 2);
	assert_int_equal(number(f.app.last, 0, "opcua.service"), UINT64_MAX);
	assert_false(protocol_opcua.loggable(f.app.last));
	assert_int_equal(f.app.last->events, 0);
	fake_feed(&f, TO_SERVER, ex(0, 0, WRITE).bytes); /* signed only: to be read */
	assert_int_equal(number(f.app.last, 0, "opcua.service"), 673);
	fake_feed(&f, TO_CLIENT, ex(0, 0, ERROR).bytes);
	assert_int_equal(f.app.last->events | f.app.first->events, 1 << 2);
	fake_end(&f);
}

static void
test_broken(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_opcua);
	fake_feed(&f, TO_SERVER, ex(0, 0, OPEN).bytes);
	fake_feed(&f, TO_SERVER, ex(0, 0, "4d534746 20000000 1e000000 23000000 01000000 01000000 01009901 00000000").bytes); /* no such service */
	assert_int_equal(f.app.tx_next, 2);
	fake_feed(&f, TO_SERVER, SPAN_LIT("no OPC UA at all"));
	assert_int_equal(f.app.last->events & 1, 1);
	fake_feed(&f, TO_SERVER, ex(0, 0, CLOSE).bytes);
	assert_int_equal(f.app.tx_next, 3);
	fake_gap(&f, TO_SERVER, 10);
	fake_feed(&f, TO_SERVER, ex(0, 0, CALL).bytes);
	assert_int_equal(f.app.tx_next, 4);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_opcua.probe(ex(0, 0, HELLO).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_opcua.probe(ex(0, 0, HELLO).bytes, TO_CLIENT, APP_TCP), PROBE_REVERSED);
	assert_int_equal(protocol_opcua.probe(ex(0, 0, ACK).bytes, TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_opcua.probe(ex(0, 0, WRITE).bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_opcua.probe(SPAN_LIT("HELO mail.example.org\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_secured),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
