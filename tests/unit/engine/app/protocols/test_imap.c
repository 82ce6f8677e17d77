/*
 * test_imap - greetings and commands, whole and cut; what is none.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_imap, protocol_tls;

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

static const struct exchange session[] = {
	{ TO_CLIENT, SPAN_LIT("* OK ready\r\n") },
	{ TO_SERVER, SPAN_LIT("a1 login {8}\r\n") },
	{ TO_CLIENT, SPAN_LIT("+ go on\r\n") },
	{ TO_SERVER, SPAN_LIT("a2 LOGIN {6+}\r\nx\r\ny z\r\n") }, /* the first eight bytes are a name */
	{ TO_CLIENT, SPAN_LIT("* LIST (\\a) {9}\r\na1 OK no\r\n\r\na1 NO wrong\r\n") },
	{ TO_SERVER, SPAN_LIT("a3 AUTHENTICATE PLAIN AAAA\r\na4 NOOP\r\n") },
	{ TO_CLIENT, SPAN_LIT("a4 OK\r\na3 OK in\r\n") },
	{ TO_SERVER, SPAN_LIT("s STARTTLS\r\n") },
	{ TO_CLIENT, SPAN_LIT("s OK begin\r\n") },
};

static void
run(int cut)
{
	struct fake f;

	fake_begin(&f, &protocol_imap);
	fake_feed_all(&f, session, FAKE_N(session), cut);
	assert_int_equal(f.facts.requests, 2);
	assert_int_equal(f.facts.responses, 2);
	assert_int_equal(f.facts.failures, 1);
	assert_ptr_equal(f.app.upgrade, &protocol_tls);
	assert_null(f.app.first);
	fake_end(&f);
}

static void
test_session(void **state)
{
	for (int cut = -1; cut < 40; cut++)
		run(cut);
}

/* A line too long, a hole in a literal and one beyond it. */
static void
test_odd(void **state)
{
	static char line[5000];
	struct fake f;

	memset(line, 'a', sizeof(line));
	fake_begin(&f, &protocol_imap);
	fake_feed(&f, TO_SERVER, span_of(line, sizeof(line)));
	fake_feed(&f, TO_SERVER, SPAN_LIT(" b LOGIN c d\r\nA APPEND x {100}\r\n"));
	fake_gap(&f, TO_SERVER, 99);
	fake_feed(&f, TO_SERVER, SPAN_LIT("x\r\nB LOGIN c d\r\nC APPEND x {10}\r\n"));
	assert_int_equal(f.facts.requests, 1);
	fake_gap(&f, TO_SERVER, 11);
	fake_feed(&f, TO_SERVER, SPAN_LIT("D LOGIN c d\r\nE LOGIN c d\r\n{}\r\n}\r\n{99999999999}\r\nF LOGIN c d\r\n"));
	assert_int_equal(f.facts.requests, 3);
	fake_end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_probe), cmocka_unit_test(test_taken), cmocka_unit_test(test_session),
		cmocka_unit_test(test_odd) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
