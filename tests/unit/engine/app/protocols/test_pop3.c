/*
 * test_pop3 - a session with answers of one line and of several, a challenge, what is unknown or too long; each cut everywhere.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_pop3;

const struct protocol *
app_protocol_find(const char *name)
{
	return NULL;
}

static const struct exchange session[] = {
	{ TO_CLIENT, SPAN_LIT("+OK ready\r\n") },
	{ TO_SERVER, SPAN_LIT("USER kaede\r\n") },
	{ TO_CLIENT, SPAN_LIT("+OK\r\n") },
	{ TO_SERVER, SPAN_LIT("pass a b\r\n") },
	{ TO_CLIENT, SPAN_LIT("-ERR no\r\n") },
	{ TO_SERVER, SPAN_LIT("LIST\r\nLIST 1\r\nXYZZY\r\nTOP 1\r\n") }, /* pipelined */
	{ TO_CLIENT, SPAN_LIT("+OK 2\r\n1 10\r\n..dot\r\n.\r\n+OK 1 10\r\n-ERR what\r\n-ERR\r\n") },
	{ TO_SERVER, SPAN_LIT("AUTH PLAIN\r\n") },
	{ TO_CLIENT, SPAN_LIT("+ \r\n") },
	{ TO_SERVER, SPAN_LIT("USERISNOCOMMAND\r\n") },
	{ TO_CLIENT, SPAN_LIT("+OK in\r\n") },
};

static void
test_session(void **state)
{
	assert_string_equal(fake_run_all_cuts(&protocol_pop3, session, sizeof(session) / sizeof(session[0])),
	    "{\"request\":{\"command\":\"USER\",\"args\":[\"kaede\"]},\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"\",\"data\":[]}} 1 1 0\n"
	    "{\"request\":{\"command\":\"PASS\",\"args\":[\"a\",\"b\"]},\"response\":{\"success\":false,\"status\":\"ERR\",\"header\":\"no\",\"data\":[]}} 1 1 0\n"
	    "{\"request\":{\"command\":\"LIST\",\"args\":[]},\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"2\","
	    "\"data\":[\"1 10\",\".dot\"]}} 1 1 0\n"
	    "{\"request\":{\"command\":\"LIST\",\"args\":[\"1\"]},\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"1 10\",\"data\":[]}} 1 1 0\n"
	    "{\"request\":{\"command\":\"XYZZY\",\"args\":[]},\"response\":{\"success\":false,\"status\":\"ERR\",\"header\":\"what\",\"data\":[]}} 1 1 8\n"
	    "{\"request\":{\"command\":\"TOP\",\"args\":[\"1\"]},\"response\":{\"success\":false,\"status\":\"ERR\",\"header\":\"\",\"data\":[]}} 1 1 4\n"
	    "{\"request\":{\"command\":\"AUTH\",\"args\":[\"PLAIN\"]},\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"in\",\"data\":[]}} 1 1 0\n");
}

static void
test_long_and_gap(void **state)
{
	static char line[5000];
	struct fake f;

	memset(line, 'a', sizeof(line));
	fake_begin(&f, &protocol_pop3);
	fake_feed(&f, TO_SERVER, span_of(line, sizeof(line)));
	assert_int_equal(f.app.first->events & 2, 2);
	fake_feed(&f, TO_SERVER, SPAN_LIT("rest\r\nRETR 1\r\n"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("-ERR long\r\n+OK\r\nSubject: x\r\n"));
	fake_gap(&f, TO_CLIENT, 1000);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("half\r\nwhole\r\n.\r\n"));
	assert_int_equal(f.app.last->id, 1);
	assert_int_equal(f.app.last->progress[TO_CLIENT], 1);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_pop3.probe(SPAN_LIT("+OK ready\r\n"), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_pop3.probe(SPAN_LIT("+O"), TO_CLIENT, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_pop3.probe(SPAN_LIT("+OKAY"), TO_CLIENT, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_pop3.probe(SPAN_LIT("USER x\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_pop3.probe_likely(SPAN_LIT("USER x\r\n"), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_pop3.probe_likely(SPAN_LIT("USE"), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_pop3.probe_likely(SPAN_LIT("GET /\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_session), cmocka_unit_test(test_long_and_gap), cmocka_unit_test(test_probe) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
