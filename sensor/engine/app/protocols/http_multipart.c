/*
 * http_multipart - the file parts of a multipart/form-data body, as they come.
 *
 * Thread:    the worker's.
 * Memory:    a line of at most LINE_MAX bytes and the boundary, from the pool, while the body lasts.
 * Owns:      struct http_multipart of a transaction.
 * Not here:  the body as a whole -> http_body.c
 *
 * Source: RFC 7578, RFC 2046 section 5.1. A part is a file when its Content-Disposition has a filename. The
 * file parts of a body are files by themselves; of more than PARTS_MAX the rest is passed over.
 */
#include "engine/app/protocols/http.h"

#include <strings.h>

#define BOUNDARY_MAX 200u
#define LINE_MAX_KEPT 2048u
#define PART_NAME_MAX 1024u
#define PARTS_MAX 256u

enum part_state { PREAMBLE, PART_HEADERS, PART_DATA, EPILOGUE };

struct http_multipart {
	uint8_t state;
	bool is_file;
	uint16_t parts;
	bool pending_eol;       /* a line end that belongs to the file unless a boundary follows */
	uint8_t eol_n;
	uint8_t boundary_n;     /* with the two dashes */
	uint32_t line_n;
	uint64_t limit;
	uint8_t boundary[BOUNDARY_MAX + 2];
	uint8_t line[LINE_MAX_KEPT];
};

/* boundary=xyz or boundary="xyz" */
static struct span
boundary_of(struct span type)
{
	const uint8_t *at = http_find(type, "boundary=", false);
	struct span v;
	uint32_t n = 0;

	if (!at)
		return SPAN_NONE;
	v = span_skip(type, (uint32_t) (at - type.p) + 9);
	if (v.n && v.p[0] == '"') {
		v = span_skip(v, 1);
		while (n < v.n && v.p[n] != '"')
			n++;
	} else {
		while (n < v.n && v.p[n] != ';' && v.p[n] != ' ' && v.p[n] != ',')
			n++;
	}
	return span_head(v, n);
}

void
http_multipart_begin(struct app *a, struct http_tx *t)
{
	struct span type = http_value(&t->head[TO_SERVER], HTTP_CONTENT_TYPE), b;

	if (t->multipart || !type.p || !http_find(type, "multipart/form-data", false))
		return;
	b = boundary_of(type);
	if (!b.n || b.n > BOUNDARY_MAX) {
		app_event(a, &t->tx, HTTP_EV_MULTIPART);
		return;
	}
	if (!(t->multipart = app_take(a, sizeof(*t->multipart))))
		return;
	t->multipart->boundary[0] = t->multipart->boundary[1] = '-';
	memcpy(t->multipart->boundary + 2, b.p, b.n);
	t->multipart->boundary_n = (uint8_t) (b.n + 2);
}

static void
put_file(struct app *a, struct http_tx *t, struct span s)
{
	struct http_multipart *m = t->multipart;

	if (m->state == PART_DATA && m->is_file && s.n && t->last_part)
		body_add(&t->last_part->body, a, s, m->limit);
}

static bool
is_boundary(const struct http_multipart *m, struct span line)
{
	return line.n >= m->boundary_n && memcmp(line.p, m->boundary, m->boundary_n) == 0;
}

struct span
http_disposition_name(struct span value)
{
	const uint8_t *at = http_find(value, "filename=", false);
	struct span v;
	uint32_t n = 0;
	bool quoted;

	if (!at)
		return SPAN_NONE;
	v = span_skip(value, (uint32_t) (at - value.p) + 9);
	quoted = v.n && v.p[0] == '"';
	if (quoted)
		v = span_skip(v, 1);
	while (n < v.n && v.p[n] != (quoted ? '"' : ';') && (quoted || v.p[n] != ' '))
		n++;
	return span_head(v, n);
}

/* A file part begins; one that is not kept is no file. */
static bool
part_begin(struct app *a, struct http_tx *t, struct span name)
{
	struct http_part *p = t->multipart->parts < PARTS_MAX ? app_take(a, sizeof(*p)) : NULL;

	if (!p)
		return false;
	t->multipart->parts++;
	if (name.n > PART_NAME_MAX)
		app_event(a, &t->tx, HTTP_EV_FILE_NAME);
	app_keep(a, &p->name, span_head(name, PART_NAME_MAX), PART_NAME_MAX);
	p->body.inspect_min = t->file.inspect_min;
	p->body.inspect_window = t->file.inspect_window;
	file_begin(a, &t->tx, &p->body, TO_SERVER);
	if (t->last_part)
		t->last_part->next = p;
	else
		t->part = p;
	t->last_part = p;
	return true;
}

static void
part_end(struct http_tx *t)
{
	if (t->multipart->is_file)
		t->last_part->body.eof = true;
	t->multipart->is_file = false;
}

void
http_multipart_gap(struct app *a, struct http_tx *t, uint64_t n)
{
	if (t->multipart && t->multipart->state == PART_DATA && t->multipart->is_file)
		body_gap(&t->last_part->body, a, n);
}

void
http_parts_clear(struct app *a, struct http_tx *t)
{
	for (struct http_part *p; (p = t->part);) {
		t->part = p->next;
		body_clear(&p->body, a);
		app_drop(a, &p->name);
		app_give(a, p, sizeof(*p));
	}
	t->last_part = NULL;
}

static void
header_line(struct app *a, struct http_tx *t, struct span line)
{
	struct http_multipart *m = t->multipart;

	if (line.n == 0) {
		m->state = PART_DATA;
		m->pending_eol = false;
		m->eol_n = 0;
	} else if (http_find(line, "content-disposition:", false) == line.p && http_find(line, "filename", false)) {
		m->is_file = m->is_file || part_begin(a, t, http_disposition_name(line));
	} else if (!memchr(line.p, ':', line.n) && line.p[0] != ' ' && line.p[0] != '\t') {
		app_event(a, &t->tx, HTTP_EV_MULTIPART_HEADER);
	}
}

/* A line without its end; `eol` bytes of line end follow it (0: the line goes on). */
static void
take_line(struct app *a, struct http_tx *t, struct span line, unsigned eol)
{
	static const uint8_t crlf[2] = { '\r', '\n' };
	struct http_multipart *m = t->multipart;
	bool first = !m->pending_eol || m->eol_n;

	if (first && is_boundary(m, line)) {
		struct span after = span_skip(line, m->boundary_n);

		m->state = after.n >= 2 && after.p[0] == '-' && after.p[1] == '-' ? EPILOGUE : PART_HEADERS;
		part_end(t);
		m->pending_eol = false;
		m->eol_n = 0;
		return;
	}
	if (m->state == PART_HEADERS) {
		header_line(a, t, line);
		return;
	}
	if (m->pending_eol && m->eol_n)
		put_file(a, t, m->eol_n == 2 ? span_of(crlf, 2) : span_of(crlf + 1, 1));
	put_file(a, t, line);
	m->pending_eol = true;
	m->eol_n = (uint8_t) eol;
}

/* The bytes up to a line end, or as many as are kept of a line. */
static void
end_of_line(struct app *a, struct http_tx *t, bool newline)
{
	struct http_multipart *m = t->multipart;
	struct span line = span_of(m->line, m->line_n);
	unsigned eol = newline;

	if (newline && line.n && line.p[line.n - 1] == '\r') {
		line.n--;
		eol = 2;
	}
	take_line(a, t, line, eol);
	m->line_n = 0;
}

void
http_multipart_feed(struct app *a, struct http_tx *t, struct span bytes, uint64_t limit)
{
	struct http_multipart *m = t->multipart;

	m->limit = limit;
	for (uint32_t i = 0; i < bytes.n && m->state != EPILOGUE; i++) {
		if (bytes.p[i] == '\n') {
			end_of_line(a, t, true);
			continue;
		}
		m->line[m->line_n++] = bytes.p[i];
		/* a carriage return at the very end may be half of a line end */
		if (m->line_n == LINE_MAX_KEPT || (m->line_n == LINE_MAX_KEPT - 1 && bytes.p[i] != '\r'))
			end_of_line(a, t, false);
	}
}

void
http_multipart_end(struct app *a, struct http_tx *t)
{
	if (!t->multipart)
		return;
	if (t->multipart->line_n && t->multipart->state == PART_DATA)
		end_of_line(a, t, false);
	part_end(t);
	app_give(a, t->multipart, sizeof(*t->multipart));
	t->multipart = NULL;
}
