/*
 * test_frame - the places and the life of frames: pieces, records that wait, gaps, what nobody asked for, too many.
 */
#include "drive.h"

static void
want_all(struct drive *d)
{
	uint32_t all[64];

	memset(all, 0xff, sizeof(all));
	apps_want_frames(d->apps, all, 64);
}

static void
is(struct drive *d, int dir, uint32_t i, const char *name, uint64_t id, uint64_t offset, uint64_t len)
{
	const struct app_frame *f = &d->app->frames[dir].v[i];

	assert_true(i < d->app->frames[dir].n);
	assert_string_equal(app_frame_name(f), name);
	assert_int_equal(f->id, id);
	assert_int_equal(f->offset, offset);
	assert_true(f->len == len);
}

static const char request[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\nPOST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc";

static void
test_http(void **state)
{
	for (uint32_t step = 1; step < sizeof(request); step += 7) {
		struct drive d;

		drive_begin(&d, 6, 80);
		want_all(&d);
		drive_feed(&d, TO_SERVER, span_of(request, sizeof(request) - 1), step);
		is(&d, TO_SERVER, 0, "stream", 1, 0, FRAME_OPEN);
		is(&d, TO_SERVER, 1, "request", 2, 0, 35);
		is(&d, TO_SERVER, 2, "request", 3, 35, sizeof(request) - 1 - 35);
		assert_true(d.app->frames[TO_SERVER].v[2].has_tx);
		assert_int_equal(d.app->frames[TO_SERVER].v[2].tx_id, 1);
		assert_int_equal(d.app->frames[TO_CLIENT].n, 0);
		drive_clear(&d);
	}
}

static void
test_gap(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", next[] = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
	struct drive d;

	drive_begin(&d, 6, 80);
	want_all(&d);
	drive_feed(&d, TO_SERVER, span_of(request, sizeof(request) - 1), 0);
	drive_feed(&d, TO_CLIENT, span_of(head, sizeof(head) - 1), 0);
	is(&d, TO_CLIENT, 1, "response", 2, 0, FRAME_OPEN);
	app_gap(d.apps, &d.app, TO_CLIENT, 10, &d.p);
	drive_feed(&d, TO_CLIENT, span_of(next, sizeof(next) - 1), 3);
	is(&d, TO_CLIENT, 1, "response", 2, 0, sizeof(head) - 1 + 10);
	is(&d, TO_CLIENT, 2, "response", 3, sizeof(head) - 1 + 10, sizeof(next) - 1);
	drive_clear(&d);
}

static const uint8_t query[] = { 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 2, 'e', 'x', 0, 0, 1, 0, 1 };

static void
test_datagram(void **state)
{
	struct drive d;

	drive_begin(&d, 17, 53);
	want_all(&d);
	for (unsigned i = 0; i < 2; i++) {
		drive_feed(&d, TO_SERVER, span_of(query, sizeof(query)), 0);
		is(&d, TO_SERVER, 0, "pdu", i + 1, 0, sizeof(query));
		assert_true(app_frame_final(d.app, TO_SERVER, &d.app->frames[TO_SERVER].v[0]));
		assert_int_equal(d.app->frames[TO_SERVER].v[0].tx_id, i);
		d.app->frames[TO_SERVER].v[0].settled = true;
		assert_true(app_frames_prune(d.app, TO_SERVER) == UINT64_MAX);
		assert_int_equal(d.app->frames[TO_SERVER].n, 0);
	}
	drive_clear(&d);
}

/* Two messages that come in pieces: the place of the second is right though the first had to wait. */
static void
test_waits(void **state)
{
	uint8_t two[2 * (sizeof(query) + 2)];
	struct drive d;

	for (unsigned i = 0; i < 2; i++) {
		uint8_t *at = two + i * (sizeof(query) + 2);

		at[0] = 0;
		at[1] = sizeof(query);
		memcpy(at + 2, query, sizeof(query));
	}
	for (uint32_t step = 1; step <= sizeof(two); step++) {
		drive_begin(&d, 6, 53);
		want_all(&d);
		drive_feed(&d, TO_SERVER, span_of(two, sizeof(two)), step);
		is(&d, TO_SERVER, 1, "pdu", 2, 0, sizeof(query) + 2);
		is(&d, TO_SERVER, 2, "pdu", 3, sizeof(query) + 2, sizeof(query) + 2);
		assert_int_equal(app_frames_edge(d.app, TO_SERVER), sizeof(two));
		assert_int_equal(app_frames_prune(d.app, TO_SERVER), 0); /* all of them are still needed */
		d.app->frames[TO_SERVER].v[0].settled = d.app->frames[TO_SERVER].v[1].settled = true;
		assert_int_equal(app_frames_prune(d.app, TO_SERVER), sizeof(query) + 2);
		drive_clear(&d);
	}
}

static void
test_bounds(void **state)
{
	struct drive d;

	drive_begin(&d, 17, 53);
	drive_feed(&d, TO_SERVER, span_of(query, sizeof(query)), 0);
	assert_int_equal(d.app->frames[TO_SERVER].n, 0); /* nobody asked */
	assert_int_equal(d.app->frames[TO_SERVER].last_id, 1);
	want_all(&d);
	for (unsigned i = 0; i < 3000; i++)
		app_frame_from(d.app, TO_SERVER, 0, 0, 1, NULL);
	assert_true(d.app->frames[TO_SERVER].n <= 1024);
	assert_true(d.cnt.v[C_APP_FRAMES_REFUSED] > 0);
	drive_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_datagram),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
