/*
 * mime - where the parts of a mail begin and end, and what is in them. Streaming: lines come as they come.
 */
#include "base/base64.h"
#include "engine/app/protocols/mime.h"

#include <strings.h>

static bool
nocase(struct span s, const char *what)
{
	size_t n = strlen(what);

	return s.n == n && strncasecmp((const char *) s.p, what, n) == 0;
}

static bool
begins(struct span s, const char *what)
{
	return nocase(span_head(s, (uint32_t) strlen(what)), what);
}

static struct span
trim(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = span_skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static void
odd(struct mime *m, enum mime_event e)
{
	m->events |= (uint16_t) (1u << e);
}

struct rd
mime_headers(const struct mime *m)
{
	return rd_of(bytes_span(&m->headers));
}

bool
mime_header_next(struct rd *r, const char *name, struct span *out)
{
	while (rd_left(r)) {
		struct span n = rd_span(r, rd_u16(r));

		*out = rd_span(r, rd_u16(r));
		if (nocase(n, name))
			return !r->bad;
	}
	return false;
}

bool
mime_header(const struct mime *m, const char *name, unsigned index, struct span *out)
{
	struct rd r = mime_headers(m);

	while (mime_header_next(&r, name, out))
		if (index-- == 0)
			return true;
	return false;
}

/* ---- parameters ---- */

/* A value, quoted or not, from the front of s; *rest is what follows it. */
static struct span
value_of(struct span s, struct span *rest)
{
	uint32_t n = 0;

	if (s.n && s.p[0] == '"') {
		s = span_skip(s, 1);
		while (n < s.n && s.p[n] != '"')
			n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
		*rest = span_skip(s, n + 1);
		return span_head(s, n);
	}
	while (n < s.n && s.p[n] != ';')
		n++;
	*rest = span_skip(s, n);
	return trim(span_head(s, n));
}

/* The next `name=value` of the list after the first ';'. */
static bool
next_parameter(struct span *s, struct span *name, struct span *value)
{
	for (;;) {
		uint32_t n = 0;

		while (s->n && s->p[0] != ';')
			*s = span_skip(*s, 1);
		if (!s->n)
			return false;
		*s = trim(span_skip(*s, 1));
		while (n < s->n && s->p[n] != '=' && s->p[n] != ';')
			n++;
		if (n < s->n && s->p[n] == ';')
			continue;
		*name = trim(span_head(*s, n));
		*value = value_of(trim(span_skip(*s, n + 1)), s);
		return true;
	}
}

struct span
mime_parameter(struct span field, const char *name)
{
	struct span n, v;

	while (next_parameter(&field, &n, &v))
		if (nocase(n, name))
			return v;
	return SPAN_NONE;
}

/* RFC 2231: name*0="a"; name*1="b", name*=charset'language'text. What is there is put together, percent signs stay. */
static struct span
parameter_pieces(struct app *a, struct mime *m, struct span field, const char *name)
{
	struct span whole = mime_parameter(field, name), n, v;
	uint32_t len = (uint32_t) strlen(name);

	if (whole.n)
		return whole;
	m->piece.n = 0;
	while (next_parameter(&field, &n, &v)) {
		if (n.n <= len || n.p[len] != '*' || !begins(n, name))
			continue;
		if (n.p[n.n - 1] == '*' && m->piece.n == 0) { /* charset'language' */
			const uint8_t *q = v.n ? memchr(v.p, '\'', v.n) : NULL;
			const uint8_t *q2 = q ? memchr(q + 1, '\'', (size_t) (v.p + v.n - q - 1)) : NULL;

			if (q2)
				v = span_skip(v, (uint32_t) (q2 - v.p) + 1);
		}
		app_keep(a, &m->piece, v, MIME_FIELD_MAX);
	}
	return bytes_span(&m->piece);
}

/* ---- header ---- */

static void
file_name(struct app *a, struct mime *m, struct span field, const char *name)
{
	struct span v = parameter_pieces(a, m, field, name);

	if (!v.n || m->file_part)
		return;
	m->file_part = true;
	if (v.n > MIME_NAME_MAX)
		odd(m, MIME_EV_FILE_NAME);
	m->name.n = 0;
	app_keep(a, &m->name, span_head(v, MIME_NAME_MAX), MIME_NAME_MAX);
	app_list_add(a, &m->names, span_head(v, MIME_NAME_MAX), MIME_LIST_MAX);
}

static void
content_type(struct app *a, struct mime *m, struct span v)
{
	struct span b = mime_parameter(v, "boundary");

	m->text = begins(v, "text/plain") || begins(v, "text/html");
	m->message = begins(v, "message/");
	file_name(a, m, v, "name");
	if (!b.n)
		return;
	if (b.n > MIME_BOUNDARY_MAX || m->depth == MIME_DEPTH) {
		odd(m, b.n > MIME_BOUNDARY_MAX ? MIME_EV_BOUNDARY : MIME_EV_FAILED);
		return;
	}
	m->multipart = true;
	memcpy(m->boundary[m->depth].b, b.p, b.n);
	m->boundary[m->depth++].n = (uint8_t) b.n;
}

static void
keep_header(struct app *a, struct mime *m, struct span name, struct span value)
{
	uint8_t n[2] = { (uint8_t) (name.n >> 8), (uint8_t) name.n }, v[2] = { (uint8_t) (value.n >> 8), (uint8_t) value.n };
	uint32_t had = m->headers.n;

	if (had + 4 + name.n + value.n > MIME_HEADERS_MAX || app_keep(a, &m->headers, span_of(n, 2), MIME_HEADERS_MAX) < 0)
		return;
	if (app_keep(a, &m->headers, name, MIME_HEADERS_MAX) < 0 || app_keep(a, &m->headers, span_of(v, 2), MIME_HEADERS_MAX) < 0 ||
	    app_keep(a, &m->headers, value, MIME_HEADERS_MAX) < 0)
		m->headers.n = had;
}

/* The field at hand is complete. */
static void
field_done(struct app *a, struct mime *m, const struct mime_conf *c)
{
	struct span s = bytes_span(&m->field), name, value;
	const uint8_t *colon = s.n ? memchr(s.p, ':', s.n) : NULL;

	if (!colon) {
		if (s.n)
			odd(m, MIME_EV_MALFORMED);
		m->field.n = 0;
		return;
	}
	name = trim(span_head(s, (uint32_t) (colon - s.p)));
	value = trim(span_skip(s, (uint32_t) (colon - s.p) + 1));
	if (name.n > MIME_LONG_FIELD_NAME)
		odd(m, MIME_EV_HEADER_NAME);
	if (value.n > MIME_LONG_FIELD)
		odd(m, MIME_EV_HEADER_VALUE);
	if (!m->inner)
		keep_header(a, m, name, span_head(value, c->depth));
	if (nocase(name, "content-type"))
		content_type(a, m, value);
	else if (nocase(name, "content-disposition"))
		file_name(a, m, value, "filename");
	else if (nocase(name, "content-transfer-encoding"))
		m->encoding = begins(value, "base64") ? MIME_BASE64 : begins(value, "quoted-printable") ? MIME_QP : MIME_PLAIN;
	m->field.n = 0;
}

static void
file_end(struct mime *m)
{
	if (m->open)
		m->last->body.eof = true;
	m->open = false;
}

static void
part_begin(struct mime *m)
{
	file_end(m);
	m->where = MIME_HEADER;
	m->encoding = MIME_PLAIN;
	m->text = m->message = m->file_part = m->multipart = false;
	m->quad_n = m->eol = 0;
}

static void
header_done(struct app *a, struct mime *m, const struct mime_conf *c)
{
	bool message, multipart;

	field_done(a, m, c);
	message = m->message;
	multipart = m->multipart;
	m->body = m->inner = true;
	if (message && !multipart)
		part_begin(m);
	else
		m->where = multipart ? MIME_PREAMBLE : MIME_BODY;
}

static void
header_line(struct app *a, struct mime *m, const struct mime_conf *c, struct span line, bool first)
{
	bool folded = first && line.n && (line.p[0] == ' ' || line.p[0] == '\t');

	if (first && line.n == 0) {
		header_done(a, m, c);
		return;
	}
	if (first && !folded)
		field_done(a, m, c);
	if (folded)
		line = span_skip(line, 1);
	app_keep(a, &m->field, span_head(line, MIME_FIELD_MAX - m->field.n), MIME_FIELD_MAX);
}

/* ---- addresses in text ---- */

static bool
ends_address(uint8_t c)
{
	return c <= ' ' || c >= 0x7f || strchr("\"'<>[]{}|^`\\", c);
}

static void
one_address(struct app *a, struct mime *m, const struct mime_conf *c, struct span s, uint32_t scheme_n)
{
	uint8_t low[512];
	uint32_t n = 0;

	while (n < s.n && n < sizeof(low) && (n < scheme_n || !ends_address(s.p[n]))) {
		low[n] = byte_lower(s.p[n]);
		n++;
	}
	if (n > scheme_n)
		app_list_add(a, &m->urls, c->log_scheme ? span_of(low, n) : span_of(low + scheme_n, n - scheme_n), MIME_LIST_MAX);
}

static void
addresses(struct app *a, struct mime *m, const struct mime_conf *c, struct span s)
{
	static const struct mime_conf plain = { .scheme = { "http://" }, .schemes = 1 };
	const struct mime_conf *w = c->schemes ? c : &plain;

	for (unsigned k = 0; !c->no_urls && k < w->schemes; k++) {
		uint32_t n = (uint32_t) strlen(w->scheme[k]);

		for (uint32_t i = 0; i + n < s.n; i++)
			if (s.p[i + n - 1] == w->scheme[k][n - 1] && begins(span_skip(s, i), w->scheme[k]))
				one_address(a, m, c, span_skip(s, i), n);
	}
}

/* ---- contents ---- */

/* The part at hand is a file now that bytes of it come. */
static bool
file_open(struct app *a, struct mime *m, const struct mime_conf *c)
{
	struct mime_file *f = m->file_n < MIME_FILES_MAX ? app_take(a, sizeof(*f)) : NULL;

	if (!f)
		return false;
	app_keep(a, &f->name, bytes_span(&m->name), MIME_NAME_MAX);
	f->body.inspect_min = (uint32_t) c->inspect_min;
	f->body.inspect_window = (uint32_t) c->inspect_window;
	file_begin(a, m->tx, &f->body, TO_SERVER);
	if (f->body.file)
		f->body.file->whole = true; /* c->limit is of what rules look at */
	if (m->last)
		m->last->next = f;
	else
		m->files = f;
	m->last = f;
	m->file_n++;
	m->open = true;
	return true;
}

static void
put(struct app *a, struct mime *m, const struct mime_conf *c, struct span s)
{
	if (m->file_part && s.n && (m->open || file_open(a, m, c))) {
		body_add(&m->last->body, a, s, c->limit);
		m->last->size += s.n;
	}
}

static struct mime_file *
file_at(const struct mime *m, unsigned index)
{
	struct mime_file *f = m->files;

	while (f && index--)
		f = f->next;
	return f;
}

bool
mime_file_at(const struct mime *m, unsigned index, struct app_file *out)
{
	const struct mime_file *f = file_at(m, index);

	if (!f)
		return false;
	*out = (struct app_file) { .name = bytes_span(&f->name) };
	file_tell(&f->body, f->body.eof, out);
	if (!f->body.file || f->body.gap)
		out->size = f->size;
	if (!f->body.file)
		out->closed = f->body.eof && !f->body.gap;
	return true;
}

struct body *
mime_body_at(const struct mime *m, unsigned index)
{
	struct mime_file *f = file_at(m, index);

	return f ? &f->body : NULL;
}

/* The line at hand is lost; what follows is the rest of one. */
void
mime_gap(struct app *a, struct mime *m, uint64_t n)
{
	m->line_n = m->quad_n = 0;
	m->mid_line = m->in_chunks = true;
	if (!m->open)
		return;
	body_gap(&m->last->body, a, n);
}

/* Four letters, three bytes; false: one of them is none. */
static bool
quad(const uint8_t *p, uint8_t *out)
{
	uint8_t a = base64_value(p[0]), b = base64_value(p[1]), c = base64_value(p[2]), d = base64_value(p[3]);
	uint32_t v = (uint32_t) a << 18 | (uint32_t) b << 12 | (uint32_t) c << 6 | d;

	if ((a | b | c | d) & BASE64_NONE)
		return false;
	out[0] = (uint8_t) (v >> 16);
	out[1] = (uint8_t) (v >> 8);
	out[2] = (uint8_t) v;
	return true;
}

/* Decodes one line into out (as large as the line); letters outside of the alphabet are passed over. */
static uint32_t
base64(struct mime *m, struct span line, uint8_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < line.n; i++) {
		for (; m->quad_n == 0 && line.n - i >= 4 && quad(line.p + i, out + n); n += 3)
			i += 4;
		if (i == line.n)
			break;
		uint8_t v = base64_value(line.p[i]);
		bool end = line.p[i] == '=';

		if (v == BASE64_NONE && !end) {
			if (line.p[i] != ' ' && line.p[i] != '\t')
				odd(m, MIME_EV_BASE64);
			continue;
		}
		if (!end)
			m->quad[m->quad_n++] = v;
		if (m->quad_n < 4 && !end)
			continue;
		if (m->quad_n >= 2)
			out[n++] = (uint8_t) (m->quad[0] << 2 | m->quad[1] >> 4);
		if (m->quad_n >= 3)
			out[n++] = (uint8_t) (m->quad[1] << 4 | m->quad[2] >> 2);
		if (m->quad_n == 4)
			out[n++] = (uint8_t) (m->quad[2] << 6 | m->quad[3]);
		m->quad_n = 0;
	}
	return n;
}

/* *soft: the line ends in '=', so its end is not part of the text. */
static uint32_t
quoted_printable(struct mime *m, struct span line, uint8_t *out, bool *soft)
{
	uint32_t n = 0;

	*soft = line.n && line.p[line.n - 1] == '=';
	if (*soft)
		line.n--;
	for (uint32_t i = 0; i < line.n; i++) {
		int hi, lo;

		if (line.p[i] == '=' && i + 2 < line.n && (hi = byte_hex(line.p[i + 1])) >= 0 &&
		    (lo = byte_hex(line.p[i + 2])) >= 0) {
			out[n++] = (uint8_t) (hi << 4 | lo);
			i += 2;
		} else {
			if (line.p[i] == '=')
				odd(m, MIME_EV_QP);
			out[n++] = line.p[i];
		}
	}
	return n;
}

static void
body_line(struct app *a, struct mime *m, const struct mime_conf *c, struct span line, uint8_t eol)
{
	uint8_t out[MIME_LINE_MAX + 4];
	bool soft = false;
	struct span s = line;

	if (line.n > MIME_LINE_MAX)
		return;
	if (m->encoding == MIME_BASE64 && !c->no_base64) {
		s = span_of(out, base64(m, line, out));
	} else {
		if (m->eol)
			put(a, m, c, m->eol == 2 ? SPAN_LIT("\r\n") : SPAN_LIT("\n"));
		m->eol = eol;
		if (m->encoding == MIME_QP && !c->no_qp)
			s = span_of(out, quoted_printable(m, line, out, &soft));
		if (soft)
			m->eol = 0;
	}
	put(a, m, c, s);
	if (m->text && !m->file_part)
		addresses(a, m, c, s);
}

/* ---- lines ---- */

/* 0 no boundary, 1 a part begins, 2 the multipart ends. Outer boundaries end inner multiparts. */
static int
boundary(struct mime *m, struct span line)
{
	if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
		return 0;
	line = span_skip(line, 2);
	for (unsigned d = m->depth; d--;) {
		struct span b = span_of(m->boundary[d].b, m->boundary[d].n), after;

		if (line.n < b.n || !span_eq(span_head(line, b.n), b))
			continue;
		after = span_skip(line, b.n);
		if (after.n >= 2 && after.p[0] == '-' && after.p[1] == '-') {
			m->depth = (uint8_t) d;
			return 2;
		}
		if (trim(after).n)
			continue; /* a longer boundary */
		m->depth = (uint8_t) (d + 1);
		return 1;
	}
	return 0;
}

/* eol 0: the line goes on. */
static void
take_line(struct app *a, struct mime *m, const struct mime_conf *c, struct span line, uint8_t eol)
{
	bool first = !m->mid_line;
	int b = first && m->depth ? boundary(m, line) : 0;

	m->mid_line = eol == 0;
	if (line.n > MIME_LONG_LINE)
		odd(m, MIME_EV_LINE);
	if (line.n > MIME_LONG_ENCODED && m->where == MIME_BODY && m->encoding != MIME_PLAIN)
		odd(m, MIME_EV_ENCODED_LINE);
	if (b) {
		if (m->where == MIME_HEADER)
			field_done(a, m, c);
		part_begin(m);
		if (b == 2)
			m->where = MIME_PREAMBLE;
		m->inner = true;
	} else if (m->where == MIME_HEADER) {
		header_line(a, m, c, line, first);
	} else if (m->where == MIME_BODY) {
		body_line(a, m, c, line, eol);
	}
}

static void
buffered(struct app *a, struct mime *m, const struct mime_conf *c, bool newline)
{
	struct span line = span_of(m->line, m->line_n);
	uint8_t eol = newline;

	if (newline && line.n && line.p[line.n - 1] == '\r') {
		line.n--;
		eol = 2;
	}
	m->line_n = 0;
	take_line(a, m, c, line, eol);
}

/* The body's digest: of what comes in whole lines once the header is over. */
static void
digest(struct mime *m, const struct mime_conf *c, struct span wire)
{
	m->in_chunks |= !wire.n;
	if (!c->body_md5 || !m->body || m->done || m->in_chunks)
		return;
	if (!m->digested)
		hash_begin(&m->md5, HASH_MD5);
	m->digested = true;
	hash_add(&m->md5, HASH_MD5, wire);
}

void
mime_feed(struct app *a, struct mime *m, const struct mime_conf *c, struct span s, struct span wire)
{
	digest(m, c, wire);
	while (s.n && !m->done && !c->off) {
		const uint8_t *lf = memchr(s.p, '\n', s.n);
		uint32_t n = lf ? (uint32_t) (lf - s.p) : s.n, room = MIME_LINE_MAX - m->line_n;

		if (n > room) {
			n = room;
			lf = NULL;
		}
		if (n)
			memcpy(m->line + m->line_n, s.p, n);
		m->line_n = (uint16_t) (m->line_n + n);
		s = span_skip(s, lf ? n + 1 : n);
		if (lf || m->line_n == MIME_LINE_MAX)
			buffered(a, m, c, lf != NULL);
	}
}

void
mime_end(struct app *a, struct mime *m, const struct mime_conf *c)
{
	if (m->done)
		return;
	if (m->line_n)
		buffered(a, m, c, true);
	if (m->where == MIME_HEADER)
		field_done(a, m, c);
	if (m->eol)
		put(a, m, c, m->eol == 2 ? SPAN_LIT("\r\n") : SPAN_LIT("\n"));
	file_end(m);
	if (m->digested)
		hash_end(&m->md5, HASH_MD5, m->body_md5);
	m->done = true;
}

void
mime_clear(struct app *a, struct mime *m)
{
	bytes_release(a, &m->field);
	bytes_release(a, &m->headers);
	bytes_release(a, &m->names.bytes);
	bytes_release(a, &m->urls.bytes);
	bytes_release(a, &m->piece);
	bytes_release(a, &m->name);
	for (struct mime_file *f; (f = m->files);) {
		m->files = f->next;
		bytes_release(a, &f->name);
		body_clear(&f->body, a);
		app_give(a, f, sizeof(*f));
	}
}
