/*
 * test_telnet - frames of commands, options and lines; how logging in went; each cut everywhere, gaps, detection.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_telnet;

static const struct exchange session[] = {
	{ TO_CLIENT, SPAN_LIT("\xff\xfd\x18\xff\xfb\x01") },
	{ TO_SERVER, SPAN_LIT("\xff\xfb\x18") },
	{ TO_CLIENT, SPAN_LIT("\xff\xfa\x18\x01\xff\xf0") },
	{ TO_SERVER, SPAN_LIT("\xff\xfa\x18\x00xterm\xff\xf0\xff\xf1") },
	{ TO_CLIENT, SPAN_LIT("Welcome\r\n\r\ngate login: ") },
	{ TO_SERVER, SPAN_LIT("kaede\r\n") },
	{ TO_CLIENT, SPAN_LIT("\xff\xfb\x01Password: ") }, /* within the line */
	{ TO_SERVER, SPAN_LIT("momiji\r\n") },
	{ TO_CLIENT, SPAN_LIT("\r\nLogin incorrect\r\nlogin: ") },
	{ TO_SERVER, SPAN_LIT("kaede\r\n") },
	{ TO_CLIENT, SPAN_LIT("Password: ") },
	{ TO_SERVER, SPAN_LIT("sakura\r\n") },
	{ TO_CLIENT, SPAN_LIT("\r\nLast login: Sat\r\n$ ") },
	{ TO_SERVER, SPAN_LIT("ls\r\n") },
};

/* What came of the session, cut: 0 whole, n in two at byte n, -1 byte by byte. */
static void
run(int cut)
{
	struct fake f;

	fake_begin(&f, &protocol_telnet);
	fake_feed_all(&f, session, FAKE_N(session), cut);
	/* each piece is two frames: a pdu, and a command or a line */
	assert_int_equal(f.app.frames[TO_SERVER].last_id, 2 * (4 + 5));
	assert_int_equal(f.app.frames[TO_CLIENT].last_id, 2 * (4 + 7));
	assert_int_equal(f.facts.requests, 2);
	assert_int_equal(f.facts.responses, 2);
	assert_int_equal(f.facts.failures, 1);
	assert_null(f.app.first);
	fake_eof(&f);
	fake_end(&f);
}

static void
test_session(void **state)
{
	for (int cut = -1; cut < 40; cut++)
		run(cut);
}

static void
test_odd(void **state)
{
	static char line[5000];
	struct fake f;

	memset(line, 'a', sizeof(line));
	fake_begin(&f, &protocol_telnet);
	fake_feed(&f, TO_SERVER, SPAN_LIT("\xff\xfa\xff\xf0")); /* an empty sub-negotiation */
	assert_int_equal(f.app.frames[TO_SERVER].last_id, 4);
	fake_feed(&f, TO_SERVER, SPAN_LIT("\xff\xff text\n")); /* an escaped 255 is text */
	assert_int_equal(f.app.frames[TO_SERVER].last_id, 6);
	fake_feed(&f, TO_SERVER, span_of(line, sizeof(line)));
	fake_feed(&f, TO_SERVER, span_of(line, sizeof(line)));
	assert_int_equal(f.app.frames[TO_SERVER].last_id, 8);
	assert_int_equal(f.app.carry[TO_SERVER].n, 0);
	fake_gap(&f, TO_SERVER, 100);
	fake_feed(&f, TO_SERVER, SPAN_LIT("rest\n\xff\xf4\xff")); /* half a command is left */
	assert_int_equal(f.app.frames[TO_SERVER].last_id, 10);
	assert_int_equal(f.app.carry[TO_SERVER].n, 1);
	fake_gap(&f, TO_SERVER, 1);
	fake_feed(&f, TO_SERVER, SPAN_LIT("\xff\xfa\x18"));
	fake_gap(&f, TO_SERVER, 9);
	fake_feed(&f, TO_SERVER, SPAN_LIT("x\n"));
	assert_int_equal(f.app.frames[TO_SERVER].last_id, 14);
	assert_false(f.lost[TO_SERVER]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	const struct protocol *p = &protocol_telnet;

	assert_int_equal(p->probe(SPAN_LIT("\xff\xfd\x25"), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(p->probe(SPAN_LIT("\xff\xfd\x25\xff\xfb"), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(p->probe(SPAN_LIT("\xff\xfb\x01login: "), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(p->probe(SPAN_LIT("\xff"), TO_CLIENT, APP_TCP), PROBE_MORE);
	assert_int_equal(p->probe(SPAN_LIT("\xff\xfb"), TO_CLIENT, APP_TCP), PROBE_MORE);
	assert_int_equal(p->probe(SPAN_LIT("\xff\xfb\x90\x64"), TO_CLIENT, APP_TCP), PROBE_NO);  /* MPEG audio */
	assert_int_equal(p->probe(SPAN_LIT("\xff\xfe\x0d\x00"), TO_CLIENT, APP_TCP), PROBE_NO);  /* UTF-16 */
	assert_int_equal(p->probe(SPAN_LIT("\xff\xd8\xff\xe0"), TO_CLIENT, APP_TCP), PROBE_NO);  /* JPEG */
	assert_int_equal(p->probe(SPAN_LIT("login: "), TO_CLIENT, APP_TCP), PROBE_NO);
	assert_int_equal(p->probe_likely(SPAN_LIT("gate login: "), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(p->probe_likely(SPAN_LIT("Welcome to "), TO_CLIENT, APP_TCP), PROBE_MORE);
	assert_int_equal(p->probe_likely(SPAN_LIT("\xff\xf1"), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(p->probe_likely(SPAN_LIT("\x16\x03\x01"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_session), cmocka_unit_test(test_odd), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
