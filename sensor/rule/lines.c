/*
 * lines - the lines of a rule or configuration file, joined where one ends in a backslash.
 *
 * A line that begins with '#' or ';' is a comment to its own end, even with a backslash there; inside joined lines
 * it is text (as in Suricata).
 */
#include <stdlib.h>

#include "rule/lookup.h"

void
lines_init(struct lines *l, struct span text)
{
	*l = (struct lines) { .in = rd_of(text) };
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		rd_skip(&l->in, 3);
}

void
lines_clear(struct lines *l)
{
	free(l->joined);
	l->joined = NULL;
}

static struct span
one_line(struct lines *l)
{
	struct span rest = rd_rest(&l->in);
	const uint8_t *nl = memchr(rest.p, '\n', rest.n);
	struct span s = span_head(rest, nl ? (uint32_t) (nl - rest.p) : rest.n);

	rd_skip(&l->in, s.n + (nl ? 1 : 0));
	l->line++;
	return s;
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

int
lines_next(struct lines *l)
{
	bool more;

	l->n = l->n_joins = 0;
	while (rd_left(&l->in) > 0) {
		struct span s = one_line(l);
		if (passed_over(s))
			continue;
		l->s = line_end(s, &more);
		join_at(l, 0);
		if (!more || rd_left(&l->in) == 0)
			return 1;
		if (append(l, l->s) < 0)
			return E_NOMEM;
		while (more && rd_left(&l->in) > 0) {
			s = line_end(one_line(l), &more);
			join_at(l, l->n);
			if (append(l, s) < 0)
				return E_NOMEM;
		}
		l->s = span_of(l->joined, l->n);
		return 1;
	}
	return 0;
}

char *
lines_text(struct lines *l)
{
	if (l->n == 0 && append(l, l->s) < 0)
		return NULL;
	return l->joined;
}
