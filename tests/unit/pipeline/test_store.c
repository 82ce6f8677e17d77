/*
 * The store of files: names, equal files once, what came incomplete, the cap, what an earlier run left.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/hash.h"
#include "pipeline/output/store.h"
#include "tmpdir.h"

#define ABC "ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* FIPS 180-4 */

struct bench {
	char dir[TMPDIR_LEN];
	struct store *store;
	struct counters cnt;
	struct diag diag;
	_Alignas(struct event) char room[sizeof(struct event) + 64];
};

static void
begin(struct bench *b, uint64_t max_bytes, uint32_t max_open, bool fileinfo)
{
	struct store_conf c = { .enabled = true, .max_bytes = max_bytes, .max_open = max_open, .write_fileinfo = fileinfo };

	memset(&b->cnt, 0, sizeof(b->cnt));
	diag_init(&b->diag, 0);
	snprintf(c.dir, sizeof(c.dir), "%s/filestore", b->dir);
	b->store = store_new(&c, &b->cnt, &b->diag);
	assert_non_null(b->store);
}

static struct event *
event(struct bench *b, uint32_t file, const char *bytes)
{
	struct event *e = (struct event *) b->room;

	memset(e, 0, sizeof(*e));
	e->flow_id = 42;
	e->file = file;
	e->text_n = (uint32_t) strlen(bytes);
	memcpy(e->text, bytes, e->text_n);
	return e;
}

static struct eve_stored
over(struct bench *b, uint32_t file, uint16_t flags)
{
	struct event *e = event(b, file, "");
	struct eve_stored s;

	e->flags = flags;
	store_end(b->store, e, &s);
	return s;
}

static bool
holds(const struct bench *b, const char *name, const char *want)
{
	char path[256], got[64] = "";
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/filestore/%s", b->dir, name);
	if ((fd = open(path, O_RDONLY)) < 0)
		return false;
	n = read(fd, got, sizeof(got) - 1);
	close(fd);
	return n >= 0 && strcmp(got, want) == 0;
}

/* Two files at once, with and without descriptors to spare; the same again is there already. */
static void
by_name(void **state)
{
	for (uint32_t open = 0; open < 3; open++) {
		struct bench b;
		struct eve_stored s;

		tmpdir_make(b.dir);
		begin(&b, 0, open, true);
		store_bytes(b.store, event(&b, 1, "a"));
		store_bytes(b.store, event(&b, 2, "ab"));
		store_bytes(b.store, event(&b, 1, "bc"));
		store_bytes(b.store, event(&b, 2, "c"));
		s = over(&b, 1, 0);
		assert_true(s.stored);
		assert_int_equal(s.id, 1);
		assert_true(holds(&b, ABC, "abc"));
		store_record(b.store, &s, INT64_C(7000000000), SPAN_LIT("{}"));
		assert_true(holds(&b, ABC ".7.1.json", "{}\n"));
		s = over(&b, 2, 0);
		assert_true(s.stored);
		assert_int_equal(s.id, 2);
		assert_false(over(&b, 2, 0).stored); /* over already */
		assert_int_equal(counter_get(&b.cnt, C_STORE_FILES), 2);
		assert_false(holds(&b, "tmp/1", "abc"));
		store_free(b.store);
		tmpdir_clear(b.dir);
	}
}

static void
incomplete(void **state)
{
	struct bench b;

	tmpdir_make(b.dir);
	begin(&b, 0, 1, false);
	store_bytes(b.store, event(&b, 1, "abc"));
	assert_false(over(&b, 1, EVENT_F_FILE_LOST).stored);
	assert_false(holds(&b, ABC, "abc"));
	assert_false(over(&b, 0, 0).stored);
	store_bytes(b.store, event(&b, 3, "abc"));
	store_free(b.store); /* not over: gone */
	assert_false(holds(&b, "tmp/2", "abc"));
	tmpdir_clear(b.dir);
}

/* What is there at start counts; nothing beyond the cap is added. */
static void
cap(void **state)
{
	struct bench b;

	tmpdir_make(b.dir);
	begin(&b, 4, 1, false);
	store_bytes(b.store, event(&b, 1, "abc"));
	assert_true(over(&b, 1, 0).stored);
	store_bytes(b.store, event(&b, 2, "x"));
	store_bytes(b.store, event(&b, 2, "yz"));
	assert_false(over(&b, 2, 0).stored);
	assert_int_equal(counter_get(&b.cnt, C_STORE_FULL), 1);
	store_free(b.store);
	begin(&b, 4, 1, false);
	store_bytes(b.store, event(&b, 1, "yz"));
	assert_false(over(&b, 1, 0).stored);
	store_bytes(b.store, event(&b, 2, "y"));
	assert_true(over(&b, 2, 0).stored);
	store_free(b.store);
	tmpdir_clear(b.dir);
}

/* A peer may leave file after file open. */
static void
many(void **state)
{
	struct bench b;

	tmpdir_make(b.dir);
	begin(&b, 0, 4, false);
	for (uint32_t i = 1; i <= STORE_OPEN + 1; i++)
		store_bytes(b.store, event(&b, i, "abc"));
	assert_int_equal(counter_get(&b.cnt, C_STORE_GIVEN_UP), 1);
	assert_false(over(&b, 1, 0).stored);
	assert_true(over(&b, 2, 0).stored);
	store_free(b.store);
	tmpdir_clear(b.dir);
}

/* What cannot be written is told, and the file is not said to be stored. */
static void
no_room(void **state)
{
	struct bench b;
	char path[256];

	tmpdir_make(b.dir);
	begin(&b, 0, 0, false);
	store_bytes(b.store, event(&b, 1, "abc"));
	snprintf(path, sizeof(path), "%s/filestore/ba", b.dir);
	close(open(path, O_WRONLY | O_CREAT, 0600)); /* a file where the folder should be */
	assert_false(over(&b, 1, 0).stored);
	assert_true(counter_get(&b.cnt, C_STORE_ERRORS) > 0);
	store_free(b.store);
	tmpdir_clear(b.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name),
		cmocka_unit_test(incomplete),
		cmocka_unit_test(cap),
		cmocka_unit_test(many),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
