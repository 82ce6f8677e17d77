/*
 * test_pgsql - SSL refused, start-up with MD5, a query with a row, an error, the end; cut at every byte; SSL accepted.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_pgsql, protocol_tls;

static struct exchange script[] = {
	{ TO_SERVER, SPAN_LIT("\0\0\0\10\4\xd2\x16\x2f") },
	{ TO_CLIENT, SPAN_LIT("N") },
	{ TO_SERVER, SPAN_LIT("\0\0\0\x1d\0\3\0\0user\0me\0DateStyle\0x\0\0") },
	{ TO_CLIENT, SPAN_LIT("R\0\0\0\x0c\0\0\0\5salt") },
	{ TO_SERVER, SPAN_LIT("p\0\0\0\x9md5x\0") },
	{ TO_CLIENT, SPAN_LIT("R\0\0\0\10\0\0\0\0S\0\0\0\x11TimeZone\0UTC\0K\0\0\0\x0c\0\0\0\1\0\0\0\2Z\0\0\0\5I") },
	{ TO_SERVER, SPAN_LIT("Q\0\0\0\x0dSELECT 1\0") },
	{ TO_CLIENT, SPAN_LIT("T\0\0\0\6\0\1D\0\0\0\x0b\0\1\0\0\0\1xC\0\0\0\x0dSELECT 1\0Z\0\0\0\5I") },
	{ TO_SERVER, SPAN_LIT("Q\0\0\0\6x\0X\0\0\0\4") },
	{ TO_CLIENT, SPAN_LIT("E\0\0\0\x13SERROR\0C42601\0\0Z\0\0\0\5I") },
};

static void
test_log(void **state)
{
	assert_string_equal(fake_run_all_cuts(&protocol_pgsql, script, 10),
	    "{\"tx_id\":1,\"request\":{\"message\":\"SSL Request\"},\"response\":{\"ssl_accepted\":false}} 1 1 0\n"
	    "{\"tx_id\":2,\"request\":{\"protocol_version\":\"3.0\",\"startup_parameters\":{\"user\":\"me\",\"optional_parameters\":"
	    "[{\"date_style\":\"x\"}]}},\"response\":{\"authentication_md5_password\":\"salt\"}} 1 1 0\n"
	    "{\"tx_id\":3,\"request\":{\"password_redacted\":true},\"response\":{\"message\":\"authentication_ok\",\"process_id\":1,"
	    "\"secret_key\":2,\"parameter_status\":[{\"time_zone\":\"UTC\"}]}} 1 1 0\n"
	    "{\"tx_id\":4,\"request\":{\"simple_query\":\"SELECT 1\"},\"response\":{\"field_count\":1,\"command_completed\":\"SELECT 1\","
	    "\"data_rows\":1,\"data_size\":1}} 1 1 0\n"
	    "{\"tx_id\":5,\"request\":{\"simple_query\":\"x\"},\"response\":{\"severity_localizable\":\"ERROR\",\"code\":\"42601\"}} 1 1 0\n"
	    "{\"tx_id\":6,\"request\":{\"message\":\"termination_message\"}} 1 1 0\n");
}

static void
test_turns(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_pgsql);
	fake_feed(&f, TO_SERVER, script[0].bytes);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("S"));
	assert_ptr_equal(f.app.upgrade, &protocol_tls);
	fake_end(&f);
	fake_begin(&f, &protocol_pgsql);
	fake_feed(&f, TO_SERVER, SPAN_LIT("!\0\0\0\4"));
	assert_int_equal(f.app.first->events, 1);
	assert_true(f.lost[TO_SERVER]);
	fake_end(&f);
	assert_int_equal(protocol_pgsql.probe(script[0].bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_pgsql.probe(script[2].bytes, TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_pgsql.probe(SPAN_LIT("GET / HTTP"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_log), cmocka_unit_test(test_turns) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
