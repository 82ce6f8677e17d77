/*
 * test_tftp - requests, and what is none.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_tftp;

static void
test_requests(void **state)
{
	struct fake f;
	char log[256];

	fake_begin(&f, &protocol_tftp);
	protocol_tftp.feed(&f.app, f.app.state, TO_SERVER, SPAN_LIT("\0\2a.cfg\0OCTET\0blksize\0001432\0"));
	assert_string_equal(fake_log(&f, f.app.first, log, sizeof(log)), "{\"packet\":\"write\",\"file\":\"a.cfg\",\"mode\":\"OCTET\"}");
	protocol_tftp.feed(&f.app, f.app.state, TO_SERVER, SPAN_LIT("\0\4\0\1"));
	assert_null(f.app.first->next);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_tftp.probe(SPAN_LIT("\0\1a\0octet\0"), TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_tftp.probe(SPAN_LIT("\0\1a\0octet"), TO_SERVER, APP_UDP), PROBE_NO);
	assert_int_equal(protocol_tftp.probe(SPAN_LIT("\0\3a\0octet\0"), TO_SERVER, APP_UDP), PROBE_NO);
	assert_int_equal(protocol_tftp.probe(SPAN_LIT("\0\1a\0other\0"), TO_SERVER, APP_UDP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_requests), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
