/*
 * test_http2 - frames, header blocks, codings and DNS inside; cut at every byte.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_http2, protocol_doh2;

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
/* HEADERS, END_STREAM and END_HEADERS: GET http www.example.jp /a */
#define REQUEST "\0\0\x16\x01\x05\0\0\0\1" "\x82\x86\x04\x02/a" "\x01\x0ewww.example.jp"
/* HEADERS: 200, content-encoding: gzip; DATA with 3 bytes of padding, END_STREAM */
#define RESPONSE "\0\0\x08\x01\x04\0\0\0\1" "\x88\x0f\x0b\x04gzip" "\0\0\x1d\x00\x09\0\0\0\1" "\x03"

static const uint8_t hello_gz[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86, 0xa6, 0x10, 0x36,
	5, 0, 0, 0 };

static uint8_t response[128];

static struct span
response_of(void)
{
	size_t n = sizeof(RESPONSE) - 1;

	memcpy(response, RESPONSE, n);
	memcpy(response + n, hello_gz, sizeof(hello_gz));
	memset(response + n + sizeof(hello_gz), 0, 3);
	return span_of(response, n + sizeof(hello_gz) + 3);
}

static bool
bytes_of(struct fake *f, struct tx *t, const char *name, int dir, struct span *out)
{
	static struct arena scratch;
	const struct field *d = fake_field(t->proto, name);

	if (!scratch.ceiling)
		arena_init(&scratch, 1 << 20);
	assert_non_null(d);
	return d->bytes(t, dir, 0, &scratch, out);
}

static void
assert_field(struct fake *f, struct tx *t, const char *name, int dir, const char *value)
{
	struct span s;

	assert_true(bytes_of(f, t, name, dir, &s));
	assert_int_equal(s.n, strlen(value));
	assert_memory_equal(s.p, value, s.n);
}

static void
test_log(void **state)
{
	struct exchange x[] = {
		{ TO_SERVER, SPAN_LIT(PREFACE "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64") },
		{ TO_SERVER, SPAN_LIT(REQUEST) },
		{ TO_CLIENT, SPAN_LIT("\0\0\0\4\1\0\0\0\0") },
		{ TO_CLIENT, response_of() },
		{ TO_CLIENT, SPAN_LIT("\0\0\x08\7\0\0\0\0\0\0\0\0\1\0\0\0\x0c") },
	};

	assert_string_equal(fake_run_all_cuts(&protocol_http2, x, 5),
	    "{\"version\":\"2\",\"http2\":{\"stream_id\":0,\"request\":{\"settings\":[{\"settings_id\":\"SETTINGSMAXCONCURRENTSTREAMS\","
	    "\"settings_value\":100}]},\"response\":{}}} 3 3 0\n"
	    "{\"request_headers\":[{\"name\":\":method\",\"value\":\"GET\"},{\"name\":\":scheme\",\"value\":\"http\"},"
	    "{\"name\":\":path\",\"value\":\"/a\"},{\"name\":\":authority\",\"value\":\"www.example.jp\"}],"
	    "\"response_headers\":[{\"name\":\":status\",\"value\":\"200\"},{\"name\":\"content-encoding\",\"value\":\"gzip\"}],"
	    "\"hostname\":\"www.example.jp\",\"url\":\"/a\",\"http_method\":\"GET\",\"status\":200,\"length\":25,\"version\":\"2\","
	    "\"http2\":{\"stream_id\":1,\"request\":{},\"response\":{}}} 3 3 0\n"
	    "{\"version\":\"2\",\"http2\":{\"stream_id\":0,\"request\":{},\"response\":{\"error_code\":\"INADEQUATESECURITY\"}}} 3 3 0\n");
}

static void
test_fields(void **state)
{
	struct fake f;
	struct tx *t;
	struct body *b;

	fake_begin(&f, &protocol_http2);
	fake_feed(&f, TO_SERVER, SPAN_LIT(PREFACE REQUEST));
	fake_feed(&f, TO_CLIENT, response_of());
	t = f.app.first;
	assert_null(t->next);
	assert_field(&f, t, "http.uri", TO_SERVER, "/a");
	assert_field(&f, t, "http.host", TO_SERVER, "www.example.jp");
	assert_field(&f, t, "http.request_line", TO_SERVER, "GET /a HTTP/2\r\n");
	assert_field(&f, t, "http.response_line", TO_CLIENT, "HTTP/2 200\r\n");
	assert_field(&f, t, "http.header_names", TO_CLIENT, "\r\n:status\r\ncontent-encoding\r\n\r\n");
	assert_field(&f, t, "http.header", TO_SERVER, ":method: GET\r\n:scheme: http\r\n:path: /a\r\n:authority: www.example.jp\r\n");
	b = fake_field(&protocol_http2, "file.data")->body(t, TO_CLIENT);
	assert_int_equal(b->data.n, 5);
	assert_memory_equal(b->data.p, "hello", 5);
	assert_int_equal(f.facts.requests, 1);
	assert_int_equal(f.facts.responses, 1);
	fake_end(&f);
}

/* A block over CONTINUATION, a size update in front; userinfo; what cannot be. */
static void
test_events(void **state)
{
	struct fake f;
	uint64_t v;

	fake_begin(&f, &protocol_http2);
	fake_feed(&f, TO_SERVER, SPAN_LIT(PREFACE "\0\0\2\1\1\0\0\0\1" "\x3f\xe1" "\0\0\7\x09\4\0\0\0\1" "\x1f\x82\x01\3u@h"));
	assert_true(fake_field(&protocol_http2, "http2.size_update")->number(f.app.first, TO_SERVER, 0, &v));
	assert_int_equal(v, 4096);
	assert_field(&f, f.app.first, "http.host", TO_SERVER, "h");
	assert_int_equal(f.app.first->events, UINT64_C(1) << 14); /* userinfo_in_uri */
	fake_feed(&f, TO_SERVER, SPAN_LIT("\0\0\3\x08\0\0\0\0\0" "abc"));
	assert_int_equal(f.app.last->events, 1 << 4); /* invalid_frame_length */
	fake_feed(&f, TO_SERVER, SPAN_LIT("\0\0\1\1\5\0\0\0\3" "\xff"));
	assert_int_equal(f.app.last->events, 1 << 3); /* invalid_header */
	fake_end(&f);

	fake_begin(&f, &protocol_http2);
	fake_feed(&f, TO_SERVER, SPAN_LIT("HELLO * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
	assert_int_equal(f.app.first->events, 1 << 1); /* invalid_client_magic */
	fake_end(&f);
}

/* A query in the path, its answer as the body: one transaction that has the buffers of both. */
static void
test_dns(void **state)
{
	static const char answer[] = "\0\0\1\x00\x01\0\0\0\1";
	struct fake f;

	fake_begin(&f, &protocol_http2);
	fake_feed(&f, TO_SERVER, SPAN_LIT(PREFACE "\0\0\x49\1\5\0\0\0\1" "\x82\x04\x2c/q?dns=AAABAAABAAAAAAAAAWECanAAAAEAAQ&x=0000"
	    "\x0f\x04\x17" "application/dns-message"));
	assert_ptr_equal(f.app.proto, &protocol_doh2);
	assert_field(&f, f.app.first, "dns.query", TO_SERVER, "a.jp");
	assert_false(protocol_doh2.second_log(&f.app, f.app.first, NULL, true) == false);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\0\0\x1b\1\4\0\0\0\1" "\x88\x0f\x10\x17" "application/dns-message"));
	fake_feed(&f, TO_CLIENT, span_of(answer, sizeof(answer) - 1));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("x"));
	assert_int_equal(f.app.first->progress[TO_CLIENT], 3);
	fake_end(&f);
}

/* A gap in DATA costs the body a piece, elsewhere the direction is lost. */
static void
test_gap(void **state)
{
	struct fake f;
	struct app_file file;

	fake_begin(&f, &protocol_http2);
	fake_feed(&f, TO_SERVER, SPAN_LIT(PREFACE REQUEST));
	fake_feed(&f, TO_CLIENT, SPAN_LIT("\0\0\1\1\4\0\0\0\1\x88" "\0\0\x0a\0\1\0\0\0\1" "abc"));
	fake_gap(&f, TO_CLIENT, 4);
	fake_feed(&f, TO_CLIENT, SPAN_LIT("xyz"));
	assert_false(f.lost[TO_CLIENT]);
	assert_true(protocol_http2.file(f.app.first, TO_CLIENT, 0, &file));
	assert_true(file.gaps);
	assert_int_equal(file.size, 10);
	fake_gap(&f, TO_SERVER, 1);
	assert_true(f.lost[TO_SERVER]);
	fake_end(&f);
}

static void
test_probe(void **state)
{
	assert_int_equal(protocol_http2.probe(SPAN_LIT(PREFACE), TO_SERVER, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_http2.probe(SPAN_LIT("PRI * H"), TO_SERVER, APP_TCP), PROBE_MORE);
	assert_int_equal(protocol_http2.probe(SPAN_LIT("PRI / H"), TO_SERVER, APP_TCP), PROBE_NO);
	assert_int_equal(protocol_http2.probe(SPAN_LIT("\0\0\6\4\0\0\0\0\0"), TO_CLIENT, APP_TCP), PROBE_YES);
	assert_int_equal(protocol_http2.probe(SPAN_LIT("HTTP/1.1 200"), TO_CLIENT, APP_TCP), PROBE_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
