/*
 * Files: digests over pieces, what libmagic says, which bytes reach the store and when; files of several answers.
 */
#include "drive.h"
#include "engine/app/range.h"

struct store {
	char bytes[256];
	uint32_t n;
	unsigned number;
	bool full;
};

static bool
take(void *arg, const struct file *f, struct span s)
{
	struct store *st = arg;

	if (st->full || st->n + s.n > sizeof(st->bytes))
		return false;
	memcpy(st->bytes + st->n, s.p, s.n);
	st->n += s.n;
	st->number = f->number;
	return true;
}

static void
begin(struct drive *d, struct store *st, const struct files_conf *c)
{
	memset(st, 0, sizeof(*st));
	drive_begin(d, 6, 80);
	apps_want_files(d->apps, c);
	apps_on_file(d->apps, take, st);
	drive_feed(d, TO_SERVER, SPAN_LIT("GET /a.txt HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
}

static struct app_file
file_of(struct drive *d)
{
	struct tx *tx = drive_tx(d, 0);
	struct app_file f;

	assert_true(tx->proto->file(tx, TO_CLIENT, 0, &f));
	return f;
}

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

/* FIPS 180-4 and RFC 1321 have the digests of "abc". */
static void
digests(void **state)
{
	static const char *const want[] = { "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" };

	for (uint32_t step = 0; step < sizeof(answer); step++) {
		struct drive d;
		struct store st;
		struct app_file f;
		char hex[65];

		begin(&d, &st, &(struct files_conf) { .want = FILE_WANT(HASH_MD5) | FILE_WANT(HASH_SHA1) | FILE_WANT(HASH_SHA256) });
		drive_feed(&d, TO_CLIENT, span_str(answer), step);
		f = file_of(&d);
		assert_true(f.closed);
		for (unsigned k = 0; k < HASH_KINDS; k++) {
			hash_hex(file_digest(&f, k), hash_size[k], hex);
			assert_string_equal(hex, want[k]);
		}
		assert_int_equal(st.n, 0);
		drive_end(&d);
		drive_clear(&d);
	}
}

/* Only what was asked for, only of files that came whole. */
static void
not_asked(void **state)
{
	struct drive d;
	struct store st;
	struct app_file f;

	begin(&d, &st, &(struct files_conf) { .want = FILE_WANT(HASH_SHA1) });
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), 0);
	f = file_of(&d);
	assert_null(file_digest(&f, HASH_SHA1));
	drive_feed(&d, TO_CLIENT, SPAN_LIT("c"), 0);
	f = file_of(&d);
	assert_non_null(file_digest(&f, HASH_SHA1));
	assert_null(file_digest(&f, HASH_MD5));
	drive_clear(&d);

	begin(&d, &st, &(struct files_conf) { 0 });
	drive_feed(&d, TO_CLIENT, span_str(answer), 0);
	f = file_of(&d);
	assert_null(f.f);
	assert_int_equal(f.size, 3);
	drive_clear(&d);
}

static void
magic(void **state)
{
	struct drive d;
	struct store st;
	struct app_file f;
	struct span text;

	begin(&d, &st, &(struct files_conf) { .want = FILE_WANT_MAGIC });
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n%PDF-1.4 ab"), 0);
	f = file_of(&d);
	assert_false(file_magic(&f, false, &text)); /* too little to say */
	drive_feed(&d, TO_CLIENT, SPAN_LIT("cde"), 0);
	f = file_of(&d);
	assert_true(file_magic(&f, false, &text));
	assert_true(text.n > 12 && memcmp(text.p, "PDF document", 12) == 0);
	drive_clear(&d);
}

/* Every file: at once. One a rule asks for: what was held, then the rest. One nobody asks for: nothing. */
static void
store(void **state)
{
	struct files_conf all = { .store = true, .store_all = true }, rules = { .store = true, .store_rules = true };
	struct drive d;
	struct store st;

	begin(&d, &st, &all);
	drive_feed(&d, TO_CLIENT, span_str(answer), 7);
	assert_int_equal(st.n, 3);
	assert_memory_equal(st.bytes, "abc", 3);
	assert_int_equal(st.number, 1);
	drive_clear(&d);

	begin(&d, &st, &rules);
	drive_feed(&d, TO_CLIENT, span_str(answer), sizeof(answer) - 2);
	assert_int_equal(st.n, 0);
	drive_clear(&d);

	begin(&d, &st, &rules);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), 0);
	file_keep(file_of(&d).f, 7);
	file_keep(file_of(&d).f, 7);
	file_keep(file_of(&d).f, 8);
	assert_int_equal(st.n, 2);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("c"), 0);
	assert_memory_equal(st.bytes, "abc", 3);
	assert_int_equal(file_of(&d).f->sids, 2);
	drive_clear(&d);
}

/* No more than the depth goes there, and then the file did not come whole. */
static void
depth(void **state)
{
	struct drive d;
	struct store st;

	begin(&d, &st, &(struct files_conf) { .store = true, .store_all = true, .depth = 2 });
	drive_feed(&d, TO_CLIENT, span_str(answer), 0);
	assert_int_equal(st.n, 2);
	assert_false(file_of(&d).closed);
	assert_int_equal(file_of(&d).size, 2);
	drive_clear(&d);

	begin(&d, &st, &(struct files_conf) { .store = true, .store_all = true });
	st.full = true;
	drive_feed(&d, TO_CLIENT, span_str(answer), 0);
	assert_int_equal(file_of(&d).f->store, FILE_STORE_LOST);
	drive_clear(&d);
}

/* A hole, and more than is held while nobody has asked: not stored, and told so. */
static void
bounds(void **state)
{
	static char big[FILE_HELD_MAX + 1];
	struct drive d;
	struct store st;

	begin(&d, &st, &(struct files_conf) { .want = FILE_WANT(HASH_MD5) });
	drive_feed(&d, TO_CLIENT, SPAN_LIT("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab"), 0);
	app_gap(d.apps, &d.app, TO_CLIENT, 2, &d.p);
	drive_feed(&d, TO_CLIENT, SPAN_LIT("ef"), 0);
	assert_false(file_of(&d).closed);
	assert_true(file_of(&d).gaps);
	drive_clear(&d);

	begin(&d, &st, &(struct files_conf) { .store = true, .store_rules = true });
	snprintf(big, sizeof(big), "HTTP/1.1 200 OK\r\nContent-Length: %u\r\n\r\n", 2 * FILE_HELD_MAX);
	drive_feed(&d, TO_CLIENT, span_str(big), 0);
	memset(big, 'x', sizeof(big));
	drive_feed(&d, TO_CLIENT, span_of(big, sizeof(big)), 65536);
	file_keep(file_of(&d).f, 7);
	assert_int_equal(file_of(&d).f->store, FILE_STORE_LOST);
	assert_int_equal(st.n, 0);
	drive_clear(&d);
}

/* Parts of a form are files by themselves. */
static void
parts(void **state)
{
	static const char body[] = "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\nabc\r\n"
				   "--x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"b\"\r\n\r\n\r\n--x--\r\n";
	struct drive d;
	struct store st;
	struct app_file f;
	char head[200], hex[65];

	memset(&st, 0, sizeof(st));
	drive_begin(&d, 6, 80);
	apps_want_files(d.apps, &(struct files_conf) { .want = FILE_WANT(HASH_MD5) });
	snprintf(head, sizeof(head), "POST /up HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=x\r\n"
				     "Content-Length: %zu\r\n\r\n", sizeof(body) - 1);
	drive_feed(&d, TO_SERVER, span_str(head), 0);
	drive_feed(&d, TO_SERVER, span_str(body), 1);
	struct tx *tx = drive_tx(&d, 0);
	assert_true(tx->proto->file(tx, TO_SERVER, 0, &f));
	assert_true(span_eq(f.name, SPAN_LIT("a")) && f.closed && f.size == 3);
	hash_hex(file_digest(&f, HASH_MD5), 16, hex);
	assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
	assert_true(tx->proto->file(tx, TO_SERVER, 1, &f));
	assert_true(span_eq(f.name, SPAN_LIT("b")) && f.closed && f.size == 0);
	assert_false(tx->proto->file(tx, TO_SERVER, 2, &f));
	drive_clear(&d);
}

/* What comes of these bytes at `at` of a file of `total` that host h has at `path`; all of it is there at last: true. */
static bool
piece(struct drive *d, const char *path, int64_t at, const char *text, int64_t total)
{
	int64_t n = (int64_t) strlen(text), v[3] = { at, at + n - 1, total };
	struct tx *tx = drive_tx(d, 0);
	struct range_piece p = { 0 };
	struct body into = { .total = 0 };
	bool whole;

	range_begin(d->app, &p, SPAN_LIT("h:80"), span_str(path), v);
	for (int64_t i = 0; i < n; i++) /* byte by byte */
		range_add(d->app, &p, span_of(text + i, 1));
	range_end(d->app, &p, tx, &into);
	whole = p.whole;
	assert_true(!whole || (into.total == (uint64_t) total && into.eof));
	assert_null(p.file);
	body_clear(&into, d->app);
	return whole;
}

static void
ranges(void **state)
{
	struct drive d;
	struct store st;
	size_t used;
	int64_t v[3];
	struct range_piece p = { 0 }, q = { 0 };
	struct body into = { .total = 0 };
	char path[16];

	begin(&d, &st, &(struct files_conf) { .want = FILE_WANT(HASH_MD5) });
	used = pool_used(d.pool);
	range_read(SPAN_LIT("bytes 5-9/*"), v);
	assert_true(v[0] == 5 && v[1] == 9 && v[2] == -1);
	assert_false(piece(&d, "/a", 3, "de", 6));
	assert_false(piece(&d, "/a", 0, "abc", 6));
	assert_false(piece(&d, "/b", 5, "f", 6));
	assert_false(piece(&d, "/a", 5, "f", 7)); /* another size: another file */
	assert_true(piece(&d, "/a", 5, "f", 6));
	assert_false(piece(&d, "/c", 0, "abcdef", 6)); /* all of it: no piece */
	assert_false(piece(&d, "/c", 4, "abcdef", 6)); /* beyond its end */
	assert_false(piece(&d, "/d", 0, "abc", INT64_C(1) << 40)); /* more than there may be */
	assert_false(piece(&d, "/t", 0, "abc", 6));
	d.app->now += INT64_C(61000000000);
	assert_false(piece(&d, "/t", 3, "def", 6)); /* too late */
	for (int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		assert_false(piece(&d, path, 0, "abc", 6));
	}
	assert_false(piece(&d, "/0", 3, "def", 6)); /* others took its place */
	assert_true(piece(&d, "/999", 3, "def", 6));
	for (int64_t i = 0; i < 200; i += 2)
		assert_false(piece(&d, "/holes", i, "x", 201));
	range_begin(d.app, &p, SPAN_LIT("h"), SPAN_LIT("/two"), (const int64_t[]) { 0, 2, 6 });
	range_begin(d.app, &q, SPAN_LIT("h"), SPAN_LIT("/two"), (const int64_t[]) { 3, 5, 6 });
	range_add(d.app, &p, SPAN_LIT("abc"));
	range_gap(&q, 1);
	range_add(d.app, &q, SPAN_LIT("ef"));
	range_end(d.app, &p, drive_tx(&d, 0), &into);
	assert_false(p.whole);
	assert_true(piece(&d, "/two", 3, "d", 6)); /* while the other one is on its way */
	range_drop(d.app, &q);
	assert_true(pool_used(d.pool) > used);
	drive_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(not_asked),
		cmocka_unit_test(magic),
		cmocka_unit_test(store),
		cmocka_unit_test(depth),
		cmocka_unit_test(bounds),
		cmocka_unit_test(parts),
		cmocka_unit_test(ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
