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
	    "{\"helo\":\"pc.example\",\"mail_from\":\"<a@b.example>\",\"rcpt_to\":[\"<c@d.example>\",\"<e@f.example>\"]},\"email\":{\"status\":\"PARSE_DONE\"} 3 1 0\n"
	    "{\"helo\":\"pc.example\",\"mail_from\":\"<g@h.example>\"},\"email\":{\"status\":\"PARSE_DONE\"} 3 1 0\n");
}

/* One mail with a text part, two attachments (one base64 in lines cut anywhere, one quoted-printable) and a mail in it. */
static const char mail[] =
    "From: A <a@b.example>\r\nTo: \"x, y\" <c@d.example>,\r\n\t e@f.example\r\nSubject: one\r\n  two\r\n"
    "Received: r1\r\nReceived: r2\r\nContent-Type: multipart/mixed; boundary=\"bb\"\r\n\r\npreamble http://no.example/\r\n"
    "--bb\r\nContent-Type: text/plain\r\n\r\nsee HTTP://Web.example/A?b, or http://w2.example\r\n"
    "--bb\r\nContent-Disposition: attachment; filename=\"a.exe\"\r\nContent-Transfer-Encoding: base64\r\n\r\nTVqQ\r\nAAM\r\nAAAA=\r\n\r\n"
    "--bb\r\nContent-Type: text/x; name*0=\"b\"; name*1=.txt\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "1=3D1=\r\n+\r\n..dot\r\n"
    "--bb\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: multipart/mixed; boundary=bbi\r\n\r\n"
    "--bbi\r\nContent-Disposition: attachment; filename=c.bin\r\n\r\nC\r\n--bbi--\r\n--bb--\r\nend\r\n.\r\n";

static void
check_mail(struct fake *f)
{
	const struct tx *t = f->app.first;
	const struct body *b = fake_field(&protocol_smtp, "file.data")->body(f->app.first, TO_SERVER);
	char log[1024];
	struct span s;

	assert_string_equal(fake_log(f, t, log, sizeof(log)),
	    "{\"mail_from\":\"<a@b.example>\"},\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"A <a@b.example>\","
	    "\"to\":[\"\\\"x, y\\\" <c@d.example>\",\"e@f.example\"],\"attachment\":[\"a.exe\",\"b.txt\",\"c.bin\"],"
	    "\"url\":[\"w2.example\",\"web.example/a?b,\"]}");
	assert_true(fake_field(&protocol_smtp, "email.subject")->bytes(t, 0, 0, NULL, &s) && span_eq(s, SPAN_LIT("one two")));
	assert_true(fake_field(&protocol_smtp, "email.received")->bytes(t, 0, 1, NULL, &s) && span_eq(s, SPAN_LIT("r2")));
	assert_true(span_eq(bytes_span(&b->data), SPAN_LIT("MZ\x90\0\x03\0\0\0" "1=1+\r\n.dotC")));
	assert_true(b->eof);
}

static void
test_mime(void **state)
{
	for (uint32_t cut = 0; cut < sizeof(mail) - 1; cut++) {
		struct fake f;

		fake_begin(&f, &protocol_smtp);
		fake_feed(&f, TO_SERVER, SPAN_LIT("MAIL FROM:<a@b.example>\r\nDATA\r\n"));
		fake_feed(&f, TO_SERVER, span_of(mail, cut));
		fake_feed(&f, TO_SERVER, span_of(mail + cut, sizeof(mail) - 1 - cut));
		check_mail(&f);
		fake_end(&f);
	}
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
		cmocka_unit_test(test_mime),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
