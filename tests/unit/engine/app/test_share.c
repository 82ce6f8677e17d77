/*
 * test_share - what is left of flows that nobody reads any more.
 */
#include "drive.h"

static const char request[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", response[] = "HTTP/1.1 204 No\r\n\r\n";

static struct app *
flow(struct drive *d, int first, const char *bytes)
{
	d->app = NULL;
	d->p.dir = (uint8_t) first;
	drive_feed(d, first, span_str(bytes), 0);
	app_settle(d->apps, &d->app);
	return d->app;
}

static void
test_unknown_datagrams(void **state)
{
	static const uint8_t answer[] = { 0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 'a', 0, 0, 1, 0, 1,
		0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1 };
	struct drive d;
	struct app *a, *b, *other;
	size_t used;

	(void) state;
	drive_begin(&d, 17, 9);
	a = flow(&d, TO_SERVER, "nobody knows this");
	used = pool_used(d.pool);
	b = flow(&d, TO_SERVER, "nor that");
	assert_ptr_equal(a, b);
	assert_int_equal(pool_used(d.pool), used);
	assert_string_equal(app_name(a), "failed");
	other = flow(&d, TO_CLIENT, "from the other side");
	assert_ptr_not_equal(other, a);
	app_clear(d.apps, &other);
	/* more of the same costs nothing; the answer is looked at by itself */
	d.app = b;
	drive_feed(&d, TO_SERVER, span_str("nobody knows this either"), 0);
	assert_ptr_equal(d.app, a);
	d.p.dir = TO_CLIENT;
	drive_feed(&d, TO_CLIENT, span_of(answer, sizeof(answer)), 0);
	assert_ptr_not_equal(d.app, a);
	assert_string_equal(app_name(d.app), "dns");
	assert_string_equal(app_name(a), "failed");
	app_clear(d.apps, &a);
	drive_clear(&d);
}

static void
test_over(void **state)
{
	struct drive d;
	struct app *one = NULL, *two;

	(void) state;
	drive_begin(&d, 6, 80);
	for (int i = 0; i < 2; i++) {
		d.app = NULL;
		drive_feed(&d, TO_SERVER, span_str(request), 0);
		drive_feed(&d, TO_CLIENT, span_str(response), 0);
		drive_end(&d);
		two = d.app;
		app_settle(d.apps, &d.app); /* the transaction is still to be looked at */
		assert_ptr_equal(d.app, two);
		app_tx_free(d.app, d.app->first);
		app_settle(d.apps, &d.app);
		assert_true(d.app->shared);
		assert_string_equal(app_name(d.app), "http");
		assert_int_equal(d.app->tx_next, 1);
		if (i == 0)
			one = d.app;
	}
	assert_ptr_equal(d.app, one);
	/* nothing is read any more */
	drive_feed(&d, TO_SERVER, span_str(request), 0);
	app_gap(d.apps, &d.app, TO_CLIENT, 9, &d.p);
	drive_end(&d);
	assert_ptr_equal(d.app, one);
	assert_null(one->first);
	app_clear(d.apps, &one);
	drive_clear(&d);
}

/* More kinds than there is room for: those keep a struct of their own, until a place is free. */
static void
test_full(void **state)
{
	struct drive d;
	struct app *v[2000];
	unsigned shared = 0, own = 0;

	(void) state;
	drive_begin(&d, 17, 9);
	for (unsigned i = 0; i < 2000; i++) {
		d.app = NULL;
		drive_feed(&d, TO_SERVER, span_str("nobody knows this"), 0);
		d.app->tx_next = i;
		app_settle(d.apps, &d.app);
		*(d.app->shared ? &shared : &own) += 1;
		v[i] = d.app;
	}
	assert_true(shared > 100 && own > 1000);
	for (unsigned i = 0; i < 2000; i++)
		app_clear(d.apps, &v[i]);
	assert_true(flow(&d, TO_SERVER, "after that")->shared);
	drive_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_datagrams),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
