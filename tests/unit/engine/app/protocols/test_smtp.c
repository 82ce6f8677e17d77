/*
 * test_smtp - envelopes, data, BDAT, pipelining, rejection and STARTTLS; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_smtp, protocol_tls;

static void
test_log(void **state)
{
	struct exchange x[] = {
		{ TO_CLIENT, SPAN_LIT("220-mx.example ESMTP\r\n220 ready\r\n") },
		{ TO_SERVER, SPAN_LIT("EHLO pc.example\r\n") },
		{ TO_CLIENT, SPAN_LIT("250-mx.example\r\n250 PIPELINING\r\n") },
		{ TO_SERVER, SPAN_LIT("MAIL FROM:<a@b.example> SIZE=10\r\nRCPT TO: <c@d.example>\r\nrcpt to:<e@f.example>\r\nDATA\r\n") },
		{ TO_CLIENT, SPAN_LIT("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n") },
		{ TO_SERVER, SPAN_LIT("Subject: x\r\n\r\nMAIL FROM:<not@a.command>\r\n..\r\n.\r\n") },
		{ TO_CLIENT, SPAN_LIT("250 queued\r\n") },
		{ TO_SERVER, SPAN_LIT("MAIL FROM:<g@h.example>\r\nBDAT 6\r\n12\r\n34BDAT 2 LAST\r\nabQUIT\r\n") },
		{ TO_CLIENT, SPAN_LIT("250 ok\r\n250 ok\r\n250 ok\r\n221 bye\r\n") },
	};

	assert_string_equal(fake_run_all_cuts(&protocol_smtp, x, 9),
	    "{\"helo\":\"pc.example\",\"mail_from\":\"<a@b.example>\",\"rcpt_to\":[\"<c@d.example>\",\"<e@f.example>\"]} 2 1 0\n"
	    "{\"helo\":\"pc.example\",\"mail_from\":\"<g@h.example>\"} 2 1 0\n");
}

static void
test_turns(void **state)
{
	struct fake f;

	fake_begin(&f, &protocol_smtp);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("220 mx SMTP\r\n"));
	fake_feed(&f, TO_SERVER, SPAN_LIT("HELO x\r\nDATA\r\n"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("250 ok\r\n503 no\r\n"));
	assert_int_equal(f.app.first->events, 1 << 4);
	fake_feed(&f, TO_SERVER, SPAN_LIT("STARTTLS\r\n")); /* a command again */
	fake_feed(&f, TO_CLIENT, SPAN_LIT("220 go\r\n\x16\x03\x01"));
	assert_ptr_equal(f.app.upgrade, &protocol_tls);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_smtp.probe(SPAN_LIT("EHLO x\r\n"), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_smtp.probe(SPAN_LIT("220 mx ESMTP\r\n"), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_smtp.probe(SPAN_LIT("220 ProFTPD ready\r\n"), TO_CLIENT, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_smtp.probe(SPAN_LIT("HELLO x\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
