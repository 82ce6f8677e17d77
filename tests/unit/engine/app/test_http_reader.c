#include "drive.h"

#include <lzma.h>
#include <zlib.h>

#include "engine/app/file.h"
#include "engine/app/protocols/http.h"

#define WANTS 8
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* An exchange, and what is seen of its first transaction. */
struct exchange {
	const char *request, *response;
	struct {
		const char *field;
		int dir;
		unsigned i;
		const char *want; /* NULL: it is not there */
	} wants[WANTS];
	const char *events[WANTS];
};

static void
check(const struct exchange *x, uint32_t step)
{
	struct drive d;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, span_str(x->request), step);
	drive_feed(&d, TO_CLIENT, span_str(x->response), step);
	drive_end(&d);
	for (unsigned i = 0; i < WANTS && x->wants[i].field; i++)
		drive_is(&d, 0, x->wants[i].field, x->wants[i].dir, x->wants[i].i, x->wants[i].want);
	for (unsigned i = 0; i < WANTS && x->events[i]; i++)
		if (!drive_event(&d, 0, x->events[i]))
			fail_msg("no %s, %u at a time", x->events[i], (unsigned) step);
	drive_clear(&d);
}

static void
check_all(const struct exchange *x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (uint32_t step = 0; step < 12; step++)
			check(&x[i], step);
}

static void
headers(void **state)
{
	static const struct exchange x[] = {
		{ .request = "GET / HTTP/1.1\r\nHost: a\r\nX-Fold: one\r\n  two\r\n\tthree\r\nLast: 1\r\n\r\n", .response = OK,
		    .wants = { { "http.request_header", TO_SERVER, 1, "X-Fold: one  two\tthree" }, { "http.request_header", TO_SERVER, 2, "Last: 1" } } },
		{ .request = "GET / HTTP/1.1\r\n folded\r\nHost: a\r\n\r\n", .response = OK,
		    .wants = { { "http.host", TO_SERVER, 0, "a" } },
		    .events = { "invalid_request_field_folding" } },
		{ .request = "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nx: 3\r\nX:4\r\n\r\n", .response = OK,
		    .wants = { { "http.request_header", TO_SERVER, 1, "X: 1, 3, 4" }, { "http.request_header", TO_SERVER, 2, "Y: 2" },
			{ "http.request_header", TO_SERVER, 3, NULL } } },
		{ .request = "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n: v\r\nOdd Name : v \r\n\r\n", .response = OK,
		    .wants = { { "http.host", TO_SERVER, 0, "a" }, { "http.request_header", TO_SERVER, 2, "Odd Name: v" } },
		    .events = { "request_field_missing_colon", "request_header_invalid" } },
		{ .request = "GET / HTTP/1.1\r\nhOsT: B.Example:8080\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", .response = OK,
		    .wants = { { "http.host", TO_SERVER, 0, "b.example" }, { "http.host.raw", TO_SERVER, 0, "B.Example:8080" },
			{ "http.request_body", TO_SERVER, 0, "x" } },
		    .events = { "duplicate_content_length_field_in_request" } },
		{ .request = "GET / HTTP/1.1\r\n\r\n", .response = OK,
		    .wants = { { "http.host", TO_SERVER, 0, NULL } },
		    .events = { "missing_host_header" } },
		{ .request = "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", .response = OK,
		    .wants = { { "http.host", TO_SERVER, 0, "a" } },
		    .events = { "host_header_ambiguous" } },
	};

	(void) state;
	check_all(x, sizeof(x) / sizeof(*x));
}

static void
targets(void **state)
{
	static const char *const x[][2] = {
		{ "/", "/" }, { "/a/./b/../c", "/a/c" }, { "/../../x", "/x" }, { "/%41%2e%zz", "/a.%zz" }, { "/a?b=%41+c#d", "/a?b=A+c" },
		{ "http://h:81/p?q", "/p?q" }, { "*", "*" }, { "//a//b", "/a/b" }, { "/a\\b", "/a/b" }, { "/a%2fb", "/a/b" },
	};

	(void) state;
	for (unsigned i = 0; i < sizeof(x) / sizeof(*x); i++)
		for (uint32_t step = 0; step < 4; step++) {
			char request[200];
			struct drive d;

			snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", x[i][0]);
			drive_begin(&d, 6, 80);
			drive_feed(&d, TO_SERVER, span_str(request), step);
			drive_is(&d, 0, "http.uri", TO_SERVER, 0, x[i][1]);
			drive_is(&d, 0, "http.uri.raw", TO_SERVER, 0, x[i][0]);
			drive_clear(&d);
		}
}

static void
bodies(void **state)
{
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	static const struct exchange x[] = {
		{ .request = GET, .response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0002\r\nde\r\n0\r\nT: 1\r\n\r\n",
		    .wants = { { "file.data", TO_CLIENT, 0, "abcde" }, { "http.response_header", TO_CLIENT, 1, "T: 1" } } },
		{ .request = GET, .response = "HTTP/1.1 200 OK\r\n\r\nuntil the end",
		    .wants = { { "file.data", TO_CLIENT, 0, "until the end" } } },
		{ .request = GET, .response = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 2\r\n\r\nhi",
		    .wants = { { "http.stat_code", TO_CLIENT, 0, "201" }, { "file.data", TO_CLIENT, 0, "hi" } } },
		{ .request = GET, .response = "HTTP/1.1 304 N\r\nContent-Length: 9\r\n\r\n",
		    .wants = { { "http.stat_code", TO_CLIENT, 0, "304" }, { "file.data", TO_CLIENT, 0, NULL } } },
		{ .request = GET, .response = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chun\r\n\r\nplain",
		    .wants = { { "file.data", TO_CLIENT, 0, "plain" } } },
		{ .request = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", .response = OK,
		    .wants = { { "http.request_body", TO_SERVER, 0, "hello" } } },
		{ .request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", .response = OK,
		    .wants = { { "http.method", TO_SERVER, 0, "POST" } },
		    .events = { "invalid_content_length_field_in_request" } },
	};

	(void) state;
	check_all(x, sizeof(x) / sizeof(*x));
}

/* `n` bytes of it at out, by a format of Content-Encoding. */
static uint32_t
encode(const char *format, const char *text, uint8_t *out, uint32_t room)
{
	z_stream z = { 0 };
	lzma_stream l = LZMA_STREAM_INIT;
	lzma_options_lzma o;
	uint32_t n;

	if (strcmp(format, "lzma") == 0) {
		lzma_lzma_preset(&o, 0);
		assert_int_equal(lzma_alone_encoder(&l, &o), LZMA_OK);
		l.next_in = (const uint8_t *) text;
		l.avail_in = strlen(text);
		l.next_out = out;
		l.avail_out = room;
		assert_int_equal(lzma_code(&l, LZMA_FINISH), LZMA_STREAM_END);
		n = room - (uint32_t) l.avail_out;
		lzma_end(&l);
		return n;
	}
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, strcmp(format, "gzip") == 0 ? 31 : -15, 8, 0), Z_OK);
	z.next_in = (Bytef *) (uintptr_t) text; /* not const in all its versions */
	z.avail_in = (uInt) strlen(text);
	z.next_out = out;
	z.avail_out = room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	n = room - z.avail_out;
	deflateEnd(&z);
	return n;
}

static void
codings(void **state)
{
	static const char *const formats[] = { "gzip", "deflate", "lzma" };

	(void) state;
	for (unsigned i = 0; i < 3; i++)
		for (uint32_t step = 0; step < 9; step++) {
			uint8_t body[500];
			char head[200];
			struct drive d;
			uint32_t n = encode(formats[i], "some text, some text, some text", body, sizeof(body));

			snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %u\r\n\r\n", formats[i], n);
			drive_begin(&d, 6, 80);
			drive_feed(&d, TO_SERVER, SPAN_LIT(GET), step);
			drive_feed(&d, TO_CLIENT, span_str(head), step);
			drive_feed(&d, TO_CLIENT, span_of(body, n), step);
			drive_is(&d, 0, "file.data", TO_CLIENT, 0, "some text, some text, some text");
			assert_true(tx_done(d.app, drive_tx(&d, 0), TO_CLIENT));
			drive_end(&d);
			drive_clear(&d);
		}
}

/* A response of this content, then another one; how much of the first was decoded. */
static uint64_t
decoded(const char *format, const char *text, bool no_rest, bool digest)
{
	static uint8_t body[1 << 20];
	bool coded = strcmp(format, "identity") != 0;
	uint32_t n = coded ? encode(format, text, body, sizeof(body)) : (uint32_t) strlen(text);
	const struct http_tx *t;
	uint64_t total;
	char head[200];
	struct drive d;

	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %u\r\n\r\n", format, n);
	drive_begin(&d, 6, 80);
	apps_want_files(d.apps, &(struct files_conf) { .no_rest = no_rest, .want = digest ? FILE_WANT(HASH_MD5) : 0 });
	size_t before = pool_used(d.pool);
	drive_feed(&d, TO_SERVER, SPAN_LIT(GET GET), 0);
	drive_feed(&d, TO_CLIENT, span_str(head), 0);
	drive_feed(&d, TO_CLIENT, coded ? span_of(body, n) : span_str(text), 1400);
	t = (const struct http_tx *) drive_tx(&d, 0);
	assert_int_equal(t->message_len, n);
	assert_true(tx_done(d.app, drive_tx(&d, 0), TO_CLIENT));
	assert_memory_equal(t->body[TO_CLIENT].data.p, text + t->body[TO_CLIENT].start, t->body[TO_CLIENT].data.n);
	assert_int_equal(t->body[TO_CLIENT].start + t->body[TO_CLIENT].data.n, t->body[TO_CLIENT].limit);
	total = t->body[TO_CLIENT].total;
	drive_feed(&d, TO_CLIENT, SPAN_LIT(OK), 3);
	assert_true(tx_done(d.app, drive_tx(&d, 1), TO_CLIENT));
	assert_false(drive_event(&d, 0, "gzip_decompression_failed"));
	drive_end(&d);
	app_clear(d.apps, &d.app);
	assert_int_equal(pool_used(d.pool), before);
	drive_clear(&d);
	return total;
}

/* What nobody looks at of a body is not decoded, unless its digest is asked for. */
static void
beyond_the_limit(void **state)
{
	static const char *const formats[] = { "identity", "gzip", "deflate", "lzma" };
	static char text[400001];
	uint32_t x = 1;

	(void) state;
	for (unsigned i = 0; i + 1 < sizeof(text); i++)
		text[i] = (char) ('a' + ((x = x * 1664525 + 1013904223) >> 24) % 16);
	for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		assert_int_equal(decoded(formats[i], text, false, false), sizeof(text) - 1);
		assert_int_equal(decoded(formats[i], text, true, true), sizeof(text) - 1);
		uint64_t less = decoded(formats[i], text, true, false);
		assert_true(i == 0 || less < sizeof(text) / 2);
	}
}

/* An event is on the transaction it belongs to, however many came after it. */
static void
pipelined(void **state)
{
	struct drive d;

	(void) state;
	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT(GET GET GET), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT(OK "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 1\r\n\r\nx" OK), 5);
	drive_is(&d, 1, "file.data", TO_CLIENT, 0, "x");
	assert_true(drive_event(&d, 1, "response_field_missing_colon"));
	assert_false(drive_event(&d, 0, "response_field_missing_colon"));
	assert_false(drive_event(&d, 2, "response_field_missing_colon"));
	assert_true(tx_done(d.app, drive_tx(&d, 2), TO_CLIENT));
	drive_end(&d);
	drive_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(targets),
		cmocka_unit_test(bodies),
		cmocka_unit_test(codings),
		cmocka_unit_test(beyond_the_limit),
		cmocka_unit_test(pipelined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
