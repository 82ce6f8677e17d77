#include "drive.h"
#include "engine/app/file.h"

#define REQUEST                                                                                                \
	"POST /a%2eb/../c%20d?x=%41 HTTP/1.1\r\nHost: WWW.Example.org:8080\r\nUser-Agent: unit/1\r\n"          \
	"Cookie: k=v\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello"
#define RESPONSE                                                                                               \
	"HTTP/1.1 503 Go away\r\nServer: s\r\nSet-Cookie: n=m\r\nContent-Type: text/plain; a=b\r\n"            \
	"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n"

static void
check_exchange(struct drive *d)
{
	assert_string_equal(app_name(d->app), "http");
	drive_is(d, 0, "http.uri", TO_SERVER, 0, "/c d?x=A");
	drive_is(d, 0, "http.uri.raw", TO_SERVER, 0, "/a%2eb/../c%20d?x=%41");
	drive_is(d, 0, "http.method", TO_SERVER, 0, "POST");
	drive_is(d, 0, "http.protocol", TO_SERVER, 0, "HTTP/1.1");
	drive_is(d, 0, "http.host", TO_SERVER, 0, "www.example.org");
	drive_is(d, 0, "http.host.raw", TO_SERVER, 0, "WWW.Example.org:8080");
	drive_is(d, 0, "http.header", TO_SERVER, 0,
	    "Host: WWW.Example.org:8080\r\nUser-Agent: unit/1\r\nX-One: 1\r\nContent-Length: 5\r\n");
	drive_is(d, 0, "http.header_names", TO_SERVER, 0,
	    "\r\nHost\r\nUser-Agent\r\nCookie\r\nX-One\r\nContent-Length\r\n\r\n");
	drive_is(d, 0, "http.request_header", TO_SERVER, 3, "X-One: 1");
	drive_is(d, 0, "http.request_header", TO_SERVER, 5, NULL);
	drive_is(d, 0, "http.cookie", TO_SERVER, 0, "k=v");
	drive_is(d, 0, "http.cookie", TO_CLIENT, 0, "n=m");
	drive_is(d, 0, "http.request_body", TO_SERVER, 0, "hello");
	drive_is(d, 0, "file.data", TO_SERVER, 0, "hello");
	drive_is(d, 0, "http.stat_code", TO_CLIENT, 0, "503");
	drive_is(d, 0, "http.stat_msg", TO_CLIENT, 0, "Go away");
	drive_is(d, 0, "file.data", TO_CLIENT, 0, "abcdefg");
	drive_number(d, 0, "urilen", TO_SERVER, 0, 8);
	drive_has(d, 0, "\"hostname\":\"WWW.Example.org\",\"http_port\":8080");
	drive_has(d, 0, "\"http_content_type\":\"text/plain\"");
	drive_has(d, 0, "\"status\":503,\"length\":");
	assert_true(tx_done(d->app, drive_tx(d, 0), TO_SERVER));
	assert_true(tx_done(d->app, drive_tx(d, 0), TO_CLIENT));
	assert_int_equal(d->facts.requests, 1);
	assert_int_equal(d->facts.responses, 1);
	assert_int_equal(d->facts.failures, 1);
}

static void
exchange(void **state)
{
	for (uint32_t step = 0; step < sizeof(REQUEST); step++) {
		struct drive d;

		drive_begin(&d, 6, 80);
		drive_feed(&d, TO_SERVER, SPAN_LIT(REQUEST), step);
		drive_feed(&d, TO_CLIENT, SPAN_LIT(RESPONSE), step);
		check_exchange(&d);
		drive_end(&d);
		drive_clear(&d);
	}
}

/* Nobody looks: what is counted is the same, messages are told apart as before, and those that are complete go. */
static void
unseen(void **state)
{
	for (uint32_t step = 0; step < sizeof(REQUEST); step++) {
		struct drive d;
		size_t before;

		drive_begin(&d, 6, 80);
		apps_want_files(d.apps, &(struct files_conf) { .no_looks = true, .no_bodies = true, .no_heads = true });
		before = pool_used(d.pool);
		for (int i = 0; i < 2; i++) {
			drive_feed(&d, TO_SERVER, SPAN_LIT(REQUEST), step);
			drive_feed(&d, TO_CLIENT, SPAN_LIT(RESPONSE), step);
			assert_int_equal(d.app->tx_open, 1);
			assert_null(drive_get(&d, drive_tx(&d, (uint64_t) i), "http.host", TO_SERVER, 0).p);
			app_let_go(d.app);
			assert_int_equal(d.app->tx_open, 0);
		}
		drive_feed(&d, TO_SERVER, SPAN_LIT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), step);
		app_let_go(d.app); /* no answer yet */
		assert_int_equal(d.app->tx_open, 1);
		assert_int_equal(d.facts.requests, 3);
		assert_int_equal(d.facts.responses, 2);
		assert_int_equal(d.facts.failures, 2);
		drive_end(&d);
		app_clear(d.apps, &d.app);
		assert_int_equal(pool_used(d.pool), before);
		drive_clear(&d);
	}
}

/* Bodies nobody looks at need not be there; what is around them must. */
static void
bodies_passed_over(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"), 0);
	assert_int_equal(app_passes_over(d.app, TO_SERVER), 0);
	drive_end(&d);
	app_clear(d.apps, &d.app);
	apps_want_files(d.apps, &(struct files_conf) { .no_looks = true, .no_bodies = true });
	drive_feed(&d, TO_SERVER, SPAN_LIT("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n"), 0);
	assert_int_equal(app_passes_over(d.app, TO_SERVER), 0);
	drive_feed(&d, TO_SERVER, SPAN_LIT("\r\nabc"), 0);
	assert_int_equal(app_passes_over(d.app, TO_SERVER), 7);
	drive_feed(&d, TO_SERVER, SPAN_LIT("defghij"), 0);
	assert_int_equal(app_passes_over(d.app, TO_SERVER), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nab"), 0);
	assert_int_equal(app_passes_over(d.app, TO_CLIENT), 4);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("cdef"), 0);
	assert_int_equal(app_passes_over(d.app, TO_CLIENT), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("\r\n0\r\n\r\n"), 0);
	drive_feed(&d, TO_SERVER, SPAN_LIT("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\n\r\nto the end"), 0);
	assert_true(app_passes_over(d.app, TO_CLIENT) > 1u << 30);
	drive_is(&d, 1, "http.uri", TO_SERVER, 0, "/2");
	drive_end(&d);
	drive_clear(&d);
}

static void
many_and_pruned(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 80);
	for (unsigned i = 0; i < 1000; i++) {
		drive_feed(&d, TO_SERVER, SPAN_LIT("GET /x HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
		drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 0);
		assert_int_equal(d.app->tx_open, 1);
		app_prune(d.apps, d.app);
		assert_int_equal(d.app->tx_open, 1);
		drive_tx(&d, i)->logged = true;
		drive_tx(&d, i)->done_seen[0] = drive_tx(&d, i)->done_seen[1] = true;
		app_prune(d.apps, d.app);
		assert_int_equal(d.app->tx_open, 0);
	}
	drive_end(&d);
	drive_clear(&d);
}

/* Unfinished transactions whose direction ended go early; the reader still has them. */
static void
pruned_unfinished(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nok"), 0);
	drive_end(&d);
	drive_tx(&d, 0)->logged = true;
	drive_tx(&d, 0)->done_seen[0] = drive_tx(&d, 0)->done_seen[1] = true;
	app_prune(d.apps, d.app);
	assert_int_equal(d.app->tx_open, 0);
	drive_clear(&d);
}

static void
connect_and_again(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 8080);
	drive_feed(&d, TO_SERVER, SPAN_LIT("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 Established\r\n\r\n"), 0);
	drive_feed(&d, TO_SERVER, SPAN_LIT("GET /in HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 0);
	assert_string_equal(app_name(d.app), "http");
	assert_non_null(d.app->before);
	drive_is(&d, 0, "http.uri", TO_SERVER, 0, "/in");
	drive_is(&d, 0, "http.response_body", TO_CLIENT, 0, "ok");
	drive_end(&d);
	drive_clear(&d);
}

static void
connect_to_unknown(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 8080);
	drive_feed(&d, TO_SERVER, SPAN_LIT("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 Established\r\n\r\n"), 0);
	for (unsigned i = 0; i < 10; i++) {
		drive_feed(&d, TO_SERVER, SPAN_LIT("\x01\x02zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), 0);
		drive_feed(&d, TO_CLIENT, SPAN_LIT("\x01\x02zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), 0);
	}
	assert_string_equal(app_name(d.app), "failed");
	assert_string_equal(d.app->before->name, "http");
	drive_end(&d);
	drive_clear(&d);
}

/* Joined late, server first: the sides are turned. */
static void
reversed(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 40001);
	d.p.flags |= PACKET_MIDSTREAM;
	drive_feed(&d, TO_SERVER, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 0);
	assert_true(d.app->reversed);
	drive_is(&d, 0, "http.stat_code", TO_CLIENT, 0, "200");
	assert_true(drive_event(&d, 0, "unable_to_match_response_to_request"));
	drive_end(&d);
	drive_clear(&d);
}

static void
not_reversed_after_handshake(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 0);
	assert_false(d.app->reversed);
	assert_null(app_name(d.app));
	drive_end(&d);
	drive_clear(&d);
}

static void
one_direction_only(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("\x01nothing like it\r\n\r\nnor this, nor that, nor all of it together"), 0);
	assert_true(d.app->events & 1u << APP_EV_DETECT_ONE_DIRECTION_ONLY);
	assert_string_equal(app_name_dir(d.app, TO_CLIENT), "http");
	drive_end(&d);
	drive_clear(&d);
}

static void
form_with_file(void **state)
{
	static const char body[] = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nplain\r\n"
				   "--xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n"
				   "Content-Type: text/plain\r\n\r\nline one\r\n-- line two\r\n\r\n--xyz--\r\n";
	char head[200];

	snprintf(head, sizeof(head), "POST /up HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; "
	    "boundary=xyz\r\nContent-Length: %zu\r\n\r\n", sizeof(body) - 1);
	for (uint32_t step = 0; step < sizeof(body); step++) {
		struct drive d;

		drive_begin(&d, 6, 80);
		drive_feed(&d, TO_SERVER, span_str(head), step);
		drive_feed(&d, TO_SERVER, span_str(body), step);
		drive_is(&d, 0, "file.data", TO_SERVER, 0, "line one\r\n-- line two\r\n");
		drive_is(&d, 0, "http.request_body", TO_SERVER, 0, body);
		drive_end(&d);
		drive_clear(&d);
	}
}

static void
gap_in_body(void **state)
{
	struct drive d;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), 0);
	app_gap(d.apps, &d.app, TO_CLIENT, 4, &d.p);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("hij"), 0);
	assert_true(tx_done(d.app, drive_tx(&d, 0), TO_CLIENT));
	drive_end(&d);
	drive_clear(&d);
}

static void
bodies_are_shown_once(void **state)
{
	struct body b = { .inspect_min = 4, .inspect_window = 2 };
	struct drive d;
	struct span s;
	uint64_t at;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("GET "), 0);
	assert_false(body_view(&b, true, &s, &at));
	body_add(&b, d.app, SPAN_LIT("abc"), 10);
	assert_false(body_view(&b, false, &s, &at));
	body_add(&b, d.app, SPAN_LIT("def"), 10);
	assert_true(body_view(&b, false, &s, &at));
	assert_true(span_eq(s, SPAN_LIT("abcdef")) && at == 0);
	body_looked(&b, false);
	assert_false(body_view(&b, false, &s, &at));
	body_add(&b, d.app, SPAN_LIT("ghijkl"), 10);
	assert_true(body_view(&b, false, &s, &at));
	assert_true(span_eq(s, SPAN_LIT("efghij")) && at == 4 && b.truncated && b.total == 12);
	body_looked(&b, false);
	b.eof = true;
	assert_true(body_view(&b, false, &s, &at));
	body_looked(&b, false);
	assert_false(body_view(&b, true, &s, &at));
	body_clear(&b, d.app);
	drive_clear(&d);
}

/* Bytes around a hole are no neighbours: what comes after is looked at by itself, or not at all when the first part still waits. */
static void
hole_in_a_body(void **state)
{
	struct body b = { .inspect_min = 4, .inspect_window = 2 }, waits = b;
	struct drive d;
	struct span s;
	uint64_t at;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("GET "), 0);
	body_add(&b, d.app, SPAN_LIT("abcdef"), 0);
	body_looked(&b, false);
	body_gap(&b, d.app, 4);
	body_add(&b, d.app, SPAN_LIT("klmn"), 0);
	assert_true(body_view(&b, false, &s, &at));
	assert_true(span_eq(s, SPAN_LIT("klmn")) && at == 10 && b.gap && b.total == 14);
	body_add(&waits, d.app, SPAN_LIT("ab"), 0);
	body_gap(&waits, d.app, 4);
	body_add(&waits, d.app, SPAN_LIT("gh"), 0);
	assert_true(body_view(&waits, true, &s, &at));
	assert_true(span_eq(s, SPAN_LIT("ab")) && waits.total == 8);
	body_clear(&b, d.app);
	body_clear(&waits, d.app);
	drive_clear(&d);
}

/* A body without a bound that rules follow stays small, one with a bound takes no more than that, and both show the same bytes. */
static void
bodies_take_little(void **state)
{
	static char piece[10000];
	struct body followed = { .inspect_window = 100 }, bounded = followed, waits = followed;
	struct drive d;
	struct span s;
	uint64_t at;

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT("GET "), 0);
	for (unsigned i = 0; i < 40; i++) {
		memset(piece, 'a' + (int) (i % 26), sizeof(piece));
		body_add(&followed, d.app, span_of(piece, sizeof(piece)), 0);
		body_add(&waits, d.app, span_of(piece, sizeof(piece)), 0);
		body_add(&bounded, d.app, span_of(piece, sizeof(piece)), 102400);
		assert_true(body_view(&followed, false, &s, &at));
		assert_int_equal(s.n, i ? 10100 : 10000);
		assert_int_equal(at, i ? i * 10000 - 100 : 0);
		assert_int_equal(s.p[s.n - 1], 'a' + i % 26);
		body_looked(&followed, false);
	}
	assert_true(followed.data.cap < 131072 && !followed.truncated);
	assert_int_equal(waits.data.n, 400000);
	assert_int_equal(bounded.data.n, 102400);
	assert_int_equal(bounded.data.cap, pool_size(102400));
	body_clear(&followed, d.app);
	body_clear(&waits, d.app);
	body_clear(&bounded, d.app);
	drive_clear(&d);
}

/* Of bodies nobody looks into bytes are counted, holes and what was kept before are passed over. */
static void
bodies_only_counted(void **state)
{
	struct drive d;
	struct body b = { .inspect_window = 10 }, bounded = { .total = 0 };

	drive_begin(&d, 6, 80);
	drive_feed(&d, TO_SERVER, SPAN_LIT(REQUEST), 0);
	body_take(&b, d.app, SPAN_LIT("abc"), 0);
	assert_int_equal(b.data.n, 3);
	apps_want_files(d.apps, &(struct files_conf) { .no_looks = true });
	body_take(&b, d.app, SPAN_LIT("defg"), 0);
	body_gap(&b, d.app, 2);
	body_take(&b, d.app, SPAN_LIT("h"), 0);
	assert_int_equal(b.total, 10);
	assert_null(b.data.p);
	body_take(&bounded, d.app, SPAN_LIT("abcdef"), 4);
	assert_true(bounded.start == 4 && bounded.total == 6 && bounded.truncated && !bounded.data.p);
	apps_want_files(d.apps, &(struct files_conf) { .no_looks = false });
	body_take(&b, d.app, SPAN_LIT("ij"), 0);
	assert_true(b.start == 10 && b.data.n == 2);
	body_clear(&b, d.app);
	drive_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exchange),
		cmocka_unit_test(unseen),
		cmocka_unit_test(bodies_passed_over),
		cmocka_unit_test(many_and_pruned),
		cmocka_unit_test(pruned_unfinished),
		cmocka_unit_test(connect_and_again),
		cmocka_unit_test(connect_to_unknown),
		cmocka_unit_test(reversed),
		cmocka_unit_test(not_reversed_after_handshake),
		cmocka_unit_test(one_direction_only),
		cmocka_unit_test(form_with_file),
		cmocka_unit_test(gap_in_body),
		cmocka_unit_test(bodies_are_shown_once),
		cmocka_unit_test(hole_in_a_body),
		cmocka_unit_test(bodies_take_little),
		cmocka_unit_test(bodies_only_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
