/*
 * Tests of append: the file has what was given, whatever the sizes and whatever the kernel makes of the hint.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/append.h"
#include "base/buf.h"
#include "base/err.h"

#define MOST (3 * (256U << 10) + 5000)

static uint8_t bytes[MOST];

static void
file_has_all(void **state)
{
	static const size_t sizes[] = { 1, 4095, 4096, 300000, 262144, 262143, 1, 700001, 8192, 786432, 0, 7 };
	char path[] = "/tmp/casus-append-XXXXXX";
	int fd = mkstemp(path);
	struct buf want, got;

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	buf_init(&want, 64U << 20);
	buf_init(&got, 64U << 20);
	for (unsigned i = 0; i < MOST; i++)
		bytes[i] = (uint8_t) (i * 2654435761U >> 24);
	for (unsigned i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i / 2], done = n / 3; /* part of it is there already */
		assert_int_equal(append_all(fd, bytes, n, &done, i % 2), 0);
		assert_int_equal(done, n);
		assert_int_equal(buf_add(&want, bytes + n / 3, n - n / 3), 0);
	}
	assert_int_equal(buf_read_file(&got, path), 0);
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p, want.p, want.n);
	buf_clear(&want);
	buf_clear(&got);
	close(fd);
	unlink(path);
}

static void
a_pipe_has_no_pages(void **state)
{
	int fd[2], at = 0;
	size_t done = 0;
	char got[512 << 10];

	assert_int_equal(pipe(fd), 0);
	assert_true(fcntl(fd[1], F_SETPIPE_SZ, (int) sizeof(got)) >= (int) sizeof(got));
	assert_int_equal(append_all(fd[1], bytes, sizeof(got), &done, true), 0);
	assert_int_equal(done, sizeof(got));
	while (at < (int) sizeof(got))
		at += (int) read(fd[0], got + at, sizeof(got) - (size_t) at);
	assert_memory_equal(got, bytes, sizeof(got));
	close(fd[0]);
	close(fd[1]);
}

static void
refusal_is_told(void **state)
{
	int fd = open("/dev/full", O_WRONLY);

	assert_true(fd >= 0);
	for (int once = 0; once < 2; once++) {
		size_t done = 5;
		errno = 0;
		assert_int_equal(append_all(fd, bytes, MOST, &done, once), E_IO);
		assert_int_equal(errno, ENOSPC);
		assert_int_equal(done, 5);
	}
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(file_has_all), cmocka_unit_test(a_pipe_has_no_pages),
		cmocka_unit_test(refusal_is_told) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
