/*
 * test_snmp - versions 1, 2c and 3, a trap, what is broken; what is no SNMP.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_snmp;

static const char get[] = "\x30\x26\2\1\1\4\6public\xa1\x19\2\1\1\2\1\0\2\1\0\x30\x0e\x30\x0c\6\x08\x2b\6\1\2\1\1\1\0\5\0";
static const char trap[] = "\x30\x1e\2\1\0\4\1p\xa4\x16\6\3\x2b\6\1\x40\4\x7f\0\0\1\2\1\6\2\1\1\x43\1\5\x30\0";
static const char v3[] = "\x30\x33\2\1\3\x30\x0d\2\1\1\2\2\5\xdc\4\1\2\2\1\3" "\4\x12\x30\x10\4\0\2\1\0\2\1\0\4\2me\4\0\4\0" "\4\x0b" "encrypted!!";

static struct exchange script[] = {
	{ TO_SERVER, { (const uint8_t *) get, sizeof(get) - 1 } },
	{ TO_SERVER, { (const uint8_t *) trap, sizeof(trap) - 1 } },
	{ TO_SERVER, { (const uint8_t *) v3, sizeof(v3) - 1 } },
};

static void
test_log(void **state)
{
	static const char *const want[] = {
		"{\"version\":2,\"pdu_type\":\"get_next_request\",\"vars\":[\"1.3.6.1.2.1.1.1.0\"],\"community\":\"public\"}",
		"{\"version\":1,\"pdu_type\":\"trap_v1\",\"trap_type\":\"enterpriseSpecific\",\"trap_oid\":\"1.3.6.1\",\"trap_address\":\"127.0.0.1\",\"community\":\"p\"}",
		"{\"version\":3,\"pdu_type\":\"encrypted\",\"usm\":\"me\"}",
	};
	struct fake f;
	char log[512];
	unsigned i = 0;

	fake_begin(&f, &protocol_snmp);
	for (i = 0; i < 3; i++)
		protocol_snmp.feed(&f.app, f.app.state, TO_SERVER, script[i].bytes);
	i = 0;
	for (const struct tx *t = f.app.first; t; t = t->next, i++) {
		assert_string_equal(fake_log(&f, t, log, sizeof(log)), want[i]);
		assert_int_equal(t->events & 1, 0);
	}
	assert_int_equal(i, 3);
	protocol_snmp.feed(&f.app, f.app.state, TO_SERVER, span_of(get, 20));
	assert_int_equal(f.app.last->events & 1, 1);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(protocol_snmp.probe(script[i].bytes, TO_SERVER, APP_UDP), PROBE_YES);
		assert_int_equal(protocol_snmp.probe(span_head(script[i].bytes, 15), TO_SERVER, APP_UDP), PROBE_NO);
	}
	assert_int_equal(protocol_snmp.probe(SPAN_LIT("\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0"), TO_SERVER, APP_UDP), PROBE_NO); /* LDAP */
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_log), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
