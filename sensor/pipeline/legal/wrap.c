#include "pipeline/legal/wrap.h"

#include <stdlib.h>
#include <string.h>

#define HEADING 13 /* columns of picture_heading(), and two */
#define HANGING 2
#define TABLE 4    /* so many spaces within a line are a table's */

void
wrap_begin(struct wrap *w, const struct ink *k)
{
	*w = (struct wrap) { .ink = *k, .to = k->out };
	w->ink.out = open_memstream(&w->text, &w->n);
	if (!w->ink.out)
		w->ink.out = w->to;
}

/* Bytes and columns of the sign at p: an escape sequence has none, a UTF-8 sequence one. */
static size_t
sign(const char *p, const char *end, unsigned *columns)
{
	size_t n = 1;

	*columns = 1;
	if (*p == '\033') {
		while (p + n < end && p[n - 1] != 'm')
			n++;
		*columns = 0;
		return n;
	}
	while (p + n < end && ((unsigned char) p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static unsigned
width(const char *p, const char *end)
{
	unsigned all = 0, columns;

	while (p < end) {
		p += sign(p, end, &columns);
		all += columns;
	}
	return all;
}

/* Where the rest of a line goes on: below its words, which are what stands behind a table. */
static unsigned
hang_of(const char *line, const char *end)
{
	unsigned at = 0, run = 0, spaces = 0, hang = 0, columns;

	for (const char *p = line; p < end && at < WRAP_COLUMNS; at += columns) {
		bool space = *p == ' ';
		if (!space && spaces == at)
			hang = at == 0 || at == 2 ? HEADING : at + HANGING;
		else if (!space && run >= TABLE && at > HEADING) /* what pads a short heading is no table */
			hang = at;
		spaces += space && spaces == at;
		run = space ? run + 1 : 0;
		p += sign(p, end, &columns);
	}
	return hang < WRAP_COLUMNS * 3 / 4 ? hang : HEADING;
}

/* The last place to break at before the edge (a space), else the first one behind it; NULL: nowhere. */
static const char *
break_of(const char *from, const char *end, unsigned room)
{
	const char *best = NULL, *p = from;
	unsigned at = 0, columns;

	while (p < end && *p == ' ') { /* what indents is no place */
		p++;
		at++;
	}
	while (p < end) {
		if (*p == ' ' && at <= room)
			best = p;
		else if (*p == ' ' && !best)
			return p;
		if (at > room && best)
			return best;
		p += sign(p, end, &columns);
		at += columns;
	}
	return at > room ? best : NULL;
}

static void
wrap_line(FILE *to, const char *line, const char *end)
{
	unsigned hang = hang_of(line, end), room = WRAP_COLUMNS;
	const char *cut;

	while (width(line, end) > room && (cut = break_of(line, end, room))) {
		const char *stop = cut;
		while (stop > line && stop[-1] == ' ')
			stop--;
		fwrite(line, 1, (size_t) (stop - line), to);
		fprintf(to, "\n%*s", (int) hang, "");
		line = cut;
		while (line < end && *line == ' ')
			line++;
		room = WRAP_COLUMNS - hang;
	}
	fwrite(line, 1, (size_t) (end - line), to);
	fputc('\n', to);
}

void
wrap_end(struct wrap *w)
{
	const char *at, *end, *stop;

	if (w->ink.out == w->to)
		return;
	fclose(w->ink.out);
	w->ink.out = w->to;
	at = w->text;
	end = at ? at + w->n : NULL;
	for (; at && at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t) (end - at));
		if (!stop)
			stop = end;
		wrap_line(w->to, at, stop);
	}
	free(w->text);
	w->text = NULL;
}
