#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "pipeline/output/output.h"
#include "tmpdir.h"

static char dir[TMPDIR_LEN], path[TMPDIR_LEN + 16];
static struct clock now = { .now = 9 * NS_PER_S };
static struct counters counters;

static void
quiet(void *arg, enum log_level level, const char *category, const char *text)
{
}

static int
setup(void **state)
{
	tmpdir_make(dir);
	snprintf(path, sizeof path, "%s/eve.json", dir);
	memset(&counters, 0, sizeof counters);
	log_catch(quiet, NULL);
	return 0;
}

static int
teardown(void **state)
{
	tmpdir_clear(dir);
	return 0;
}

static struct output *
open_with(uint64_t max)
{
	struct output_conf c = { .dir = dir, .sensor = "s1", .eve_file = "eve.json", .eve_max_bytes = max,
		.journal_segment_bytes = 1 << 20, .journal_max_bytes = 64 << 20 };
	struct diag d;
	struct output *o;

	diag_init(&d, 0);
	o = output_new(&c, NULL, &now, &counters, &d);
	diag_print(&d, stderr);
	diag_clear(&d);
	assert_non_null(o);
	return o;
}

static void
write_n(struct output *o, unsigned n)
{
	char text[256];

	while (n--) {
		int k = snprintf(text, sizeof text, "{\"casus\":{\"epoch\":\"%s\",\"seq\":%llu}}", output_epoch(o),
		    (unsigned long long) output_next_seq(o));
		assert_int_equal(output_write(o, &(struct output_record) { .type = "alert", .eid = "e", .json = span_of(text, (size_t) k) }), 0);
	}
}

/* Lines of a file; each must be record number first, first + 1, ... */
static unsigned
lines_from(const char *file, unsigned first)
{
	struct buf b;
	unsigned n = 0;

	buf_init(&b, 64 << 20);
	assert_int_equal(buf_read_file(&b, file), 0);
	for (char *line = b.p, *end; line && *line; line = end + 1, n++) {
		char *seq;
		end = memchr(line, '\n', b.n - (size_t) (line - b.p));
		assert_non_null(end);
		seq = memmem(line, (size_t) (end - line), "\"seq\":", 6);
		assert_non_null(seq);
		assert_int_equal(strtoul(seq + 6, NULL, 10), first + n);
	}
	buf_clear(&b);
	return n;
}

static void
test_torn_end_is_mended(void **state)
{
	struct output *o = open_with(0);
	struct stat st;

	write_n(o, 50);
	output_free(o);
	assert_int_equal(lines_from(path, 1), 50);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 100), 0); /* as a kill or a full disk leaves it */
	o = open_with(0);
	assert_int_equal(lines_from(path, 1), 50); /* cut, then added from the journal */
	write_n(o, 5);
	output_free(o);
	assert_int_equal(lines_from(path, 1), 55);
}

static void
test_killed(void **state)
{
	struct output *o;
	unsigned n;

	for (int round = 0; round < 5; round++) {
		pid_t pid = fork();
		int status;
		if (pid == 0) {
			o = open_with(0);
			for (;;) {
				write_n(o, 100);
				output_flush(o);
			}
		}
		usleep(60000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	o = open_with(0);
	n = (unsigned) output_next_seq(o) - 1;
	assert_true(n > 100);
	assert_int_equal(lines_from(path, 1), n);
	output_free(o);
}

static void
test_rotation_and_reopen(void **state)
{
	struct output *o = open_with(1000);
	char old[TMPDIR_LEN + 32], moved[TMPDIR_LEN + 32];
	unsigned n, first;

	snprintf(old, sizeof old, "%s.1", path);
	snprintf(moved, sizeof moved, "%s.moved", path);
	write_n(o, 30);
	output_flush(o);
	write_n(o, 10);
	output_flush(o);
	first = lines_from(path, 1 + lines_from(old, 1));
	assert_int_equal(lines_from(old, 1) + first, 40);
	n = lines_from(old, 1);
	assert_int_equal(rename(path, moved), 0);
	output_reopen(o); /* what logrotate asks for */
	write_n(o, 3);
	output_flush(o);
	assert_int_equal(lines_from(moved, n + 1), first);
	assert_int_equal(lines_from(path, 41), 3);
	output_free(o);
}

static void
test_full_disk(void **state)
{
	struct output *o;

	if (access("/dev/full", W_OK) < 0)
		skip();
	assert_int_equal(symlink("/dev/full", path), 0);
	o = open_with(0);
	write_n(o, 5000); /* the journal goes on */
	output_flush(o);
	assert_int_equal(counters.v[C_EVE_RECORDS], 0);
	assert_int_equal(output_next_seq(o), 5001);
	output_free(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_torn_end_is_mended, setup, teardown),
		cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rotation_and_reopen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
