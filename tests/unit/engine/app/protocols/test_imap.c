/*
 * test_imap - greetings and commands, whole and cut; what is none.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_imap;

static void
cut(const char *text, int dir)
{
	struct span s = span_str(text);

	assert_int_equal(protocol_imap.probe_likely(s, dir, APP_TCP), PROBE_YES);
	for (uint32_t n = 1; n + 1 < s.n; n++)
		assert_int_equal(protocol_imap.probe_likely(span_head(s, n), dir, APP_TCP), PROBE_MORE);
}

static void
test_probe(void **state)
{
	cut("* OK ", TO_CLIENT);
	cut("* PREAUTH ", TO_CLIENT);
	cut("a01 capability\r", TO_SERVER);
	cut("a LOGIN ", TO_SERVER);
	assert_int_equal(protocol_imap.probe(SPAN_LIT("* OK IMAP4rev2\r\n"), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_imap.probe(SPAN_LIT("a LOGIN x y\r\n"), TO_SERVER, APP_TCP), PROBE_NO); /* on its port only */
	assert_int_equal(protocol_imap.probe_likely(SPAN_LIT("* OKAY\r\n"), TO_CLIENT, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_imap.probe_likely(SPAN_LIT("GET / HTTP/1.0\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_imap.probe_likely(SPAN_LIT("* LOGIN x\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
}

static void
test_taken(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_imap);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("* OK ready\r\n"));
	fake_gap(&f, TO_CLIENT, 10);
	fake_feed(&f, TO_SERVER, SPAN_LIT("a LOGIN x y\r\n"));
	assert_null(f.app.first);
	assert_int_equal(f.app.carry[0].n + f.app.carry[1].n, 0);
	assert_false(f.lost[0] || f.lost[1]);
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_probe), cmocka_unit_test(test_taken) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
