/*
 * buf - doubling, bounded by its ceiling.
 */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/huge.h"

#define READ_LEAST 4096 /* bytes asked of a file at once */

void
buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf) { .ceiling = ceiling };
}

/* Room for n more bytes and the final NUL, which the ceiling does not count. */
static int
make_room(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;
	char *p;

	if (n > b->ceiling - b->n) {
		b->full = true;
		return -1;
	}
	if (b->n + n + 1 <= b->cap)
		return 0;
	while (cap < b->n + n + 1)
		cap *= 2;
	p = realloc(b->p, cap);
	if (!p) {
		b->full = true;
		return -1;
	}
	b->p = p;
	b->cap = cap;
	return 0;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = buf_room(b, n);

	if (!to)
		return -1;
	if (n)
		memcpy(to, p, n);
	buf_took(b, n);
	return 0;
}

char *
buf_room(struct buf *b, size_t n)
{
	return make_room(b, n) < 0 ? NULL : b->p + b->n;
}

void
buf_took(struct buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = 0;
}

int
buf_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_f64(struct buf *b, double v)
{
	char text[16], *end = text + sizeof(text), *p = end;
	uint64_t n;

	if (!(v >= 0 && v < 1e10) || v != (double) (uint64_t) v || (v == 0 && signbit(v)))
		return buf_printf(b, "%.10g", v);
	n = (uint64_t) v; /* whole, as most are */
	do
		*--p = (char) ('0' + n % 10);
	while (n /= 10);
	return buf_add(b, p, (size_t) (end - p));
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && make_room(b, (size_t) n) == 0) {
		vsnprintf(b->p + b->n, (size_t) n + 1, fmt, again);
		b->n += (size_t) n;
	} else {
		n = -1;
	}
	va_end(again);
	va_end(ap);
	return n < 0 ? -1 : 0;
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->full = false;
	if (b->p)
		b->p[0] = 0;
}

void
buf_clear(struct buf *b)
{
	free(b->p);
	buf_init(b, b->ceiling);
}

/* What a read gives: 0 at the end, -1 with errno. */
static ssize_t
read_some(struct buf *b, int fd)
{
	size_t left = b->ceiling - b->n, room;
	char over, *to;
	ssize_t n;

	if (left == 0) {
		if ((n = read(fd, &over, 1)) <= 0)
			return n;
		b->full = true;
		errno = EFBIG;
		return -1;
	}
	if (!(to = buf_room(b, left < READ_LEAST ? left : READ_LEAST))) {
		errno = ENOMEM;
		return -1;
	}
	room = b->cap - b->n - 1;
	if ((n = read(fd, to, room < left ? room : left)) > 0)
		buf_took(b, (size_t) n);
	return n;
}

/* Place for all of a file at once. */
static void
file_room(struct buf *b, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t) st.st_size < b->ceiling - b->n - READ_LEAST &&
	    buf_room(b, (size_t) st.st_size + READ_LEAST))
		huge_want(b->p, b->cap);
}

int
buf_read_file(struct buf *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	if (buf_add(b, "", 0) < 0)
		saved = ENOMEM;
	else if (b->ceiling - b->n > READ_LEAST)
		file_room(b, fd);
	while (!saved && n != 0)
		if ((n = read_some(b, fd)) < 0 && errno != EINTR)
			saved = errno;
	close(fd);
	errno = saved;
	return saved ? -1 : 0;
}
