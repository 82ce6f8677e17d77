/*
 * test_sip - a request with a session description and its answer over TCP, cut at every byte; compact names; what is no SIP.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_sip;

static struct exchange script[] = {
	{ TO_SERVER, SPAN_LIT("INVITE sip:b@x.example SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nv: SIP/2.0/TCP b\r\nf: <sip:a@x.example>\r\n"
	    "Content-Type: application/sdp\r\nContent-Length: 51\r\n\r\n"
	    "v=0\r\no=a 1 1 IN IP4 h\r\ns=call\r\nm=audio 1 RTP/AVP 0\r\n") },
	{ TO_CLIENT, SPAN_LIT("SIP/2.0 404 Not Found\r\nl: 0\r\n\r\n") },
	{ TO_SERVER, SPAN_LIT("\r\nACK sip:b SIP/2.0\r\n\r\n") },
};

static void
test_log(void **state)
{
	assert_string_equal(fake_run_all_cuts(&protocol_sip, script, 3),
	    "{\"method\":\"INVITE\",\"uri\":\"sip:b@x.example\",\"version\":\"SIP/2.0\",\"request_line\":\"INVITE sip:b@x.example SIP/2.0\","
	    "\"sdp\":{\"origin\":\"a 1 1 IN IP4 h\",\"session_name\":\"call\",\"media_descriptions\":[{\"media\":\"audio 1 RTP/AVP 0\"}]}} 1 0 0\n"
	    "{\"version\":\"SIP/2.0\",\"code\":\"404\",\"reason\":\"Not Found\",\"response_line\":\"SIP/2.0 404 Not Found\"} 0 1 0\n"
	    "{\"method\":\"ACK\",\"uri\":\"sip:b\",\"version\":\"SIP/2.0\",\"request_line\":\"ACK sip:b SIP/2.0\"} 1 0 0\n");
}

static void
test_fields(void **state)
{
	struct fake f;
	struct span s;

	fake_begin(&f, &protocol_sip);
	fake_feed(&f, TO_SERVER, script[0].bytes);
	assert_true(fake_field(&protocol_sip, "sip.via")->bytes(f.app.first, 0, 1, NULL, &s) && span_eq(s, SPAN_LIT("SIP/2.0/TCP b")));
	assert_false(fake_field(&protocol_sip, "sip.via")->bytes(f.app.first, 0, 2, NULL, &s));
	assert_true(fake_field(&protocol_sip, "sip.from")->bytes(f.app.first, 0, 0, NULL, &s) && span_eq(s, SPAN_LIT("<sip:a@x.example>")));
	assert_false(fake_field(&protocol_sip, "sip.stat_code")->bytes(f.app.first, 0, 0, NULL, &s));
	assert_true(fake_field(&protocol_sip, "sdp.media.media")->bytes(f.app.first, 0, 0, NULL, &s));
	assert_true(span_eq(s, SPAN_LIT("audio 1 RTP/AVP 0")));
	fake_feed(&f, TO_CLIENT, script[1].bytes);
	assert_int_equal(f.facts.failures, 1);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_sip.probe(SPAN_LIT("OPTIONS sip:a SIP/2.0\r\n"), TO_SERVER, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_sip.probe(SPAN_LIT("SIP/2.0 200 OK\r\n"), TO_CLIENT, APP_UDP), PROBE_YES);
	assert_int_equal(protocol_sip.probe(SPAN_LIT("OPTIONS * HTTP/1.1\r\n"), TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_sip.probe(SPAN_LIT("M-SEARCH * HTTP/1.1\r\n"), TO_SERVER, APP_UDP), PROBE_NO);
	assert_int_equal(protocol_sip.probe(SPAN_LIT("INVITE s"), TO_SERVER, APP_TCP), PROBE_MORE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
