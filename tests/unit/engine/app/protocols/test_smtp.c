/*
 * test_smtp - envelopes, data, BDAT, pipelining, rejection and STARTTLS; cut at every byte.
 */
#include "protocol_fake.h"
#include "engine/app/file.h"

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
	    "{\"helo\":\"pc.example\",\"mail_from\":\"<g@h.example>\"},\"email\":{\"status\":\"PARSE_DONE\"} 3 1 200000\n");
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
check_file(const struct tx *t, unsigned i, const char *name, uint64_t size, bool gaps)
{
	struct app_file f;

	assert_true(protocol_smtp.file(t, TO_SERVER, i, &f));
	assert_true(span_eq(f.name, span_str(name)));
	assert_int_equal(f.size, size);
	assert_int_equal(f.closed, !gaps); /* with a hole it did not come whole */
	assert_int_equal(f.gaps, gaps);
}

static void
check_body(struct fake *f, unsigned index, struct span want)
{
	const struct body *b = field_body(fake_field(&protocol_smtp, "file.data"), f->app.first, TO_SERVER, index);

	assert_non_null(b);
	assert_true(span_eq(bytes_span(&b->data), want));
	assert_true(b->eof);
}

static void
check_mail(struct fake *f)
{
	const struct tx *t = f->app.first;
	char log[1024];
	struct span s;

	assert_string_equal(fake_log(f, t, log, sizeof(log)),
	    "{\"mail_from\":\"<a@b.example>\"},\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"A <a@b.example>\","
	    "\"to\":[\"\\\"x, y\\\" <c@d.example>\",\"e@f.example\"],\"attachment\":[\"a.exe\",\"b.txt\",\"c.bin\"],"
	    "\"url\":[\"w2.example\",\"web.example/a?b,\"]}");
	assert_true(fake_field(&protocol_smtp, "email.subject")->bytes(t, 0, 0, NULL, &s) && span_eq(s, SPAN_LIT("one two")));
	assert_true(fake_field(&protocol_smtp, "email.received")->bytes(t, 0, 1, NULL, &s) && span_eq(s, SPAN_LIT("r2")));
	check_body(f, 0, SPAN_LIT("MZ\x90\0\x03\0\0\0"));
	check_body(f, 1, SPAN_LIT("1=1+\r\n.dot"));
	check_body(f, 2, SPAN_LIT("C"));
	assert_null(field_body(fake_field(&protocol_smtp, "file.data"), f->app.first, TO_SERVER, 3));
	check_file(t, 0, "a.exe", 8, false);
	check_file(t, 1, "b.txt", 10, false);
	check_file(t, 2, "c.bin", 1, false);
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

/* A chunk with a bad tail is no chunk; replies find their commands; a second HELO after a rejected DATA begins anew. */
static void
test_replies(void **state)
{
	struct exchange x[] = {
		{ TO_CLIENT, SPAN_LIT("220 mx ESMTP\r\n") },
		{ TO_SERVER, SPAN_LIT("EHLO x\r\n") },
		{ TO_CLIENT, SPAN_LIT("250-mx\r\n250 CHUNKING\r\n") },
		{ TO_SERVER, SPAN_LIT("BDAT 5 X\r\nBDAT\r\nBDAT 99999999999\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n") },
		{ TO_CLIENT, SPAN_LIT("501 no\r\n501 no\r\n501 no\r\n250 ok\r\n250 ok\r\n354 go\r\n") },
		{ TO_SERVER, SPAN_LIT("From: a@b\r\n\r\nx\r\n.\r\n") },
		{ TO_CLIENT, SPAN_LIT("250 queued\r\n") },
		{ TO_SERVER, SPAN_LIT("DATA\r\n") },
		{ TO_CLIENT, SPAN_LIT("503 no\r\n") },
		{ TO_SERVER, SPAN_LIT("HELO y\r\nMAIL FROM:<e@f>\r\nQUIT\r\n") },
		{ TO_CLIENT, SPAN_LIT("250 mx\r\n250 ok\r\n221 bye\r\n250 what\r\n") },
	};

	assert_string_equal(fake_run_all_cuts(&protocol_smtp, x, FAKE_N(x)),
	    "{\"helo\":\"x\",\"mail_from\":\"<a@b>\",\"rcpt_to\":[\"<c@d>\"]},\"email\":{\"status\":\"PARSE_DONE\",\"from\":\"a@b\"} 3 1 400\n"
	    "{\"helo\":\"x\"} 3 1 30\n"
	    "{\"helo\":\"y\",\"mail_from\":\"<e@f>\"} 3 1 40\n");
}

/* Of a line without an end the rest is passed over; half a chunk that never came ends it all the same. */
static void
test_long_and_gap(void **state)
{
	static char line[6000];
	struct fake f;
	struct span s;

	memset(line, 'a', sizeof(line));
	memcpy(line, "EHLO ", 5);
	fake_begin(&f, &protocol_smtp);
	fake_feed(&f, TO_SERVER, span_of(line, sizeof(line)));
	fake_feed(&f, TO_SERVER, SPAN_LIT("rest\r\nMAIL FROM:<a@b>\r\nBDAT 8 LAST\r\nabc"));
	assert_true(fake_field(&protocol_smtp, "smtp.helo")->bytes(f.app.first, 0, 0, NULL, &s) && s.n == 4091);
	assert_int_equal(f.app.first->events & 1 << 12, 1 << 12);
	fake_gap(&f, TO_SERVER, 5);
	assert_int_equal(f.app.first->progress[TO_SERVER], 3);
	fake_feed(&f, TO_SERVER, SPAN_LIT("STARTTLS\r\nNOOP\r\n"));
	assert_int_equal(f.app.last->events, 1 << 8); /* nothing may follow before the answer */
	fake_gap(&f, TO_SERVER, 5);
	assert_true(f.lost[TO_SERVER]);
	fake_end(&f);
	fake_begin(&f, &protocol_smtp);
	fake_feed(&f, TO_SERVER, SPAN_LIT("DATA\r\nContent-Disposition: attachment; filename=a\r\n\r\nabc\r\nde"));
	fake_gap(&f, TO_SERVER, 100);
	fake_feed(&f, TO_SERVER, SPAN_LIT("fg\r\nhi\r\n.\r\n"));
	check_file(f.app.first, 0, "a", 13, true); /* what was held of the broken line is lost, too */
	fake_end(&f);
}

/* What is odd about a mail. */
static void
test_mime_events(void **state)
{
	static const char text[] = "No colon\r\nAn-unusually-long-name-of-a-field-that-goes-on-and-on-and-on-and-on-until-it-is-too-long: x\r\n"
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nAA*A\r\n"
	    "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ 0123456789012345678901234567890123456789012345678901234567890123456789012345\r\n"
	    "--b--\r\n.\r\n";
	struct fake f;

	fake_begin(&f, &protocol_smtp);
	fake_feed(&f, TO_SERVER, SPAN_LIT("MAIL FROM:<a@b>\r\nDATA\r\n"));
	fake_feed(&f, TO_SERVER, span_of(text, sizeof(text) - 1));
	assert_int_equal(f.app.first->events, 1 << 13 | 1 << 14 | 1 << 16 | 1 << 17 | 1 << 21);
	fake_end(&f);
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

/* Nobody looks at mails: commands after one are found all the same. */
static void
test_unread(void **state)
{
	static const struct files_conf asked = { .no_looks = true, .no_bodies = true };
	struct fake f;

	fake_begin(&f, &protocol_smtp);
	f.app.asked = &asked;
	fake_feed(&f, TO_SERVER, SPAN_LIT("EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("220 x\r\n250 x\r\n250 ok\r\n250 ok\r\n354 go\r\n"));
	fake_feed(&f, TO_SERVER, span_str(mail));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("250 queued\r\n"));
	fake_feed(&f, TO_SERVER, SPAN_LIT("MAIL FROM:<g@h.example>\r\n"));
	assert_non_null(f.app.first->next);
	assert_null(field_body(fake_field(&protocol_smtp, "file.data"), f.app.first, TO_SERVER, 0));
	assert_false(protocol_smtp.file(f.app.first, TO_SERVER, 0, &(struct app_file) { 0 }));
	assert_int_equal(f.app.first->events, 0);
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
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_long_and_gap),
		cmocka_unit_test(test_mime_events),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_unread),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
