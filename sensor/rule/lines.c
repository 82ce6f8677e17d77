/*
 * lines - the lines of a rule or configuration file, joined where one ends in a backslash.
 *
 * A line that begins with '#' or ';' is a comment to its own end, even with a backslash there; inside joined lines
 * it is text (as in Suricata).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "rule/lookup.h"

#define WINDOW (128 * 1024) /* of a file at a time; more where a line is longer */

static void
skip_mark(struct lines *l)
{
	struct span text = rd_rest(&l->in);

	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		rd_skip(&l->in, 3);
}

void
lines_init(struct lines *l, struct span text)
{
	*l = (struct lines) { .in = rd_of(text), .fd = -1 };
	skip_mark(l);
}

void
lines_clear(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	free(l->window);
	free(l->joined);
	l->window = l->joined = NULL;
}

static int
file_error(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return E_NOENT;
	case EACCES:
	case EPERM:
		return E_PERM;
	default:
		return E_IO;
	}
}

/* What is not read yet goes to the front, the file's next bytes behind it: 1, or 0 at the end, or negative. */
static int
read_more(struct lines *l)
{
	struct span rest = rd_rest(&l->in);
	ssize_t n;

	if (l->fd < 0)
		return 0;
	if (rest.n)
		memmove(l->window, rest.p, rest.n);
	if (l->room - rest.n < WINDOW / 2) {
		uint32_t room = l->room ? l->room * 2 : WINDOW;
		char *p = realloc(l->window, room);
		if (!p)
			return E_NOMEM;
		l->window = p;
		l->room = room;
	}
	do
		n = read(l->fd, l->window + rest.n, l->room - rest.n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return file_error();
	l->in = rd_of(span_of(l->window, rest.n + (size_t) n));
	l->taken += (size_t) n;
	return l->taken > TEXT_FILE_MAX ? E_LIMIT : n > 0;
}

int
lines_open(struct lines *l, const char *path)
{
	int e;

	*l = (struct lines) { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	if (l->fd < 0)
		return file_error();
	while ((e = read_more(l)) > 0 && rd_left(&l->in) < 3)
		;
	if (e < 0) {
		lines_clear(l);
		return e;
	}
	skip_mark(l);
	return 0;
}

/* 1, or 0 at the end, or negative. */
static int
any_left(struct lines *l)
{
	return rd_left(&l->in) > 0 ? 1 : read_more(l);
}

static int
one_line(struct lines *l, struct span *s)
{
	struct span rest = rd_rest(&l->in);
	uint32_t seen = 0;
	const uint8_t *nl;
	int e = 1;

	while (!(nl = memchr(rest.p + seen, '\n', rest.n - seen)) && e > 0) {
		seen = rest.n;
		if ((e = read_more(l)) < 0)
			return e;
		rest = rd_rest(&l->in); /* it has been moved, at the end too */
	}
	*s = span_head(rest, nl ? (uint32_t) (nl - rest.p) : rest.n);
	rd_skip(&l->in, s->n + (nl ? 1 : 0));
	l->line++;
	return 0;
}

/* Without blanks at the end; *more: it ended in a backslash, which is off too. */
static struct span
line_end(struct span s, bool *more)
{
	while (s.n && strchr(" \t\r\f\v", s.p[s.n - 1]) && s.p[s.n - 1])
		s.n--;
	*more = s.n && s.p[s.n - 1] == '\\';
	if (*more)
		s.n--;
	return s;
}

static void
join_at(struct lines *l, uint32_t offset)
{
	if (l->n_joins < JOINS_MAX)
		l->joins[l->n_joins++] = (struct join) { offset, l->line, 1 };
}

static int
append(struct lines *l, struct span s)
{
	if (l->n + s.n + 1 > l->cap) {
		uint32_t cap = l->cap ? l->cap : 4096;
		while (cap < l->n + s.n + 1)
			cap *= 2;
		char *p = realloc(l->joined, cap);
		if (!p)
			return E_NOMEM;
		l->joined = p;
		l->cap = cap;
	}
	if (s.n)
		memcpy(l->joined + l->n, s.p, s.n);
	l->n += s.n;
	l->joined[l->n] = 0;
	return 0;
}

static bool
passed_over(struct span s)
{
	s = text_trim(s);
	return s.n == 0 || s.p[0] == '#' || s.p[0] == ';';
}

/* The line has ended in a backslash: it and those that follow it. */
static int
join_lines(struct lines *l)
{
	struct span s = l->s;
	bool more = true;
	int e = append(l, s);

	while (e == 0 && more && (e = any_left(l)) > 0) {
		if ((e = one_line(l, &s)) < 0)
			return e;
		s = line_end(s, &more);
		join_at(l, l->n);
		e = append(l, s);
	}
	l->s = span_of(l->joined, l->n);
	return e < 0 ? e : 1;
}

int
lines_next(struct lines *l)
{
	struct span s;
	bool more;
	int e;

	l->n = l->n_joins = 0;
	while ((e = any_left(l)) > 0 && (e = one_line(l, &s)) == 0) {
		if (passed_over(s))
			continue;
		l->s = line_end(s, &more);
		join_at(l, 0);
		return more ? join_lines(l) : 1;
	}
	return e;
}

char *
lines_text(struct lines *l)
{
	if (l->n == 0 && append(l, l->s) < 0)
		return NULL;
	return l->joined;
}
