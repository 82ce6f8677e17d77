/*
 * http_side - the lines of one direction of a connection, and the heads of messages made of them.
 *
 * Thread:    the worker's.
 * Memory:    a line of which not all came, HTTP_LINE_MAX bytes; the text of a head, HTTP_TEXT_MAX bytes.
 * Owns:      side.held; a head's text and what was made of it, until http_head_clear().
 * Not here:  what a header line says -> http_header.c   which line comes next -> http_request.c, http_response.c
 *
 * Spec: RFC 9112 section 2.2 (lines), 5.2 (folding).
 *
 * The bytes of a head are copied once, in one piece where it came in one: `kept` is where in the bytes at hand that copy has to
 * go on. Offsets of what is found in a line count from the beginning of the head, whether its bytes are copied yet or not.
 */
#include "engine/app/protocols/http.h"

/* ---- lines ---- */

static struct http_head *
head_of(const struct http *s, int dir)
{
	return &s->side[dir].tx->head[dir];
}

int
http_hold(struct http *s, int dir)
{
	struct http_side *d = &s->side[dir];
	uint32_t n = d->at - d->from;

	if (!d->p || !n)
		return 0;
	if (d->held.n + (uint64_t) n + (d->pending.at ? d->pending.n : 0) > HTTP_LINE_MAX) {
		http_note(s, d->tx, dir == TO_SERVER ? HTTP_EV_REQ_LONG : HTTP_EV_RES_LONG);
		return -1;
	}
	if (app_keep(s->app, &d->held, span_of(d->p + d->from, n), HTTP_LINE_MAX) < 0)
		return -1;
	d->from = d->at;
	return 0;
}

struct span
http_line(struct http *s, int dir)
{
	struct http_side *d = &s->side[dir];

	if (!d->held.n)
		return d->p ? span_of(d->p + d->from, d->at - d->from) : SPAN_LIT("");
	return http_hold(s, dir) < 0 ? SPAN_NONE : bytes_span(&d->held);
}

void
http_line_done(struct http *s, int dir)
{
	struct http_side *d = &s->side[dir];

	d->from = d->at;
	if (d->held.p)
		app_drop(s->app, &d->held);
}

uint32_t
http_line_at(const struct http *s, int dir)
{
	const struct http_side *d = &s->side[dir];

	return head_of(s, dir)->text.n + (d->keeping ? d->from - d->kept - d->held.n : 0);
}

struct span
http_chomp(struct span line)
{
	while (line.n && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
		line.n--;
	return line;
}

bool
http_is_end(const struct http_conf *c, struct span l, bool more)
{
	uint32_t n = 0;

	while (c->blank_ends && n < l.n && http_space(l.p[n]))
		n++;
	if (c->blank_ends && n == l.n)
		return true;
	if (l.n == 1)
		return l.p[0] == '\r' || l.p[0] == '\n';
	return l.n == 2 && l.p[1] == '\n' && (l.p[0] == '\r' || (more && http_blank(l.p[0])));
}

/* ---- the text of a head ---- */

int
http_keep(struct http *s, int dir)
{
	struct http_side *d = &s->side[dir];
	uint32_t from = d->kept;

	if (!d->keeping || !d->p || !d->tx || d->at <= from)
		return 0;
	d->kept = d->at;
	if (head_of(s, dir)->raw)
		d->tx->tx.renewed[dir] = true;
	return app_keep(s->app, &head_of(s, dir)->text, span_of(d->p + from, d->at - from), HTTP_TEXT_MAX);
}

int
http_keep_line(struct http *s, int dir, struct span line)
{
	struct http_side *d = &s->side[dir];
	bool whole = !d->held.n;

	if (d->keeping)
		return 0;
	d->keeping = true;
	d->kept = whole ? d->from : d->at;
	return whole ? 0 : app_keep(s->app, &head_of(s, dir)->text, line, HTTP_TEXT_MAX);
}

void
http_headers_begin(struct http *s, int dir)
{
	struct http_side *d = &s->side[dir];
	struct http_head *h = head_of(s, dir);

	if (!d->keeping)
		d->kept = d->at;
	d->keeping = true;
	if (!h->raw)
		h->raw = 1 + h->text.n + d->at - d->kept;
}

int
http_make(struct http *s, struct http_head *h, struct span b, struct http_ref *out)
{
	struct http_ref r = { (1 + h->made.n) | HTTP_MADE, b.n };
	struct bytes copy = { NULL, 0, 0 };
	int failed;

	if (b.n && h->made.n && b.p >= h->made.p && b.p < h->made.p + h->made.n) { /* it may move */
		failed = app_keep(s->app, &copy, b, HTTP_TEXT_MAX) < 0 ? -1 : app_keep(s->app, &h->made, bytes_span(&copy), HTTP_TEXT_MAX);
		app_drop(s->app, &copy);
	} else {
		failed = app_keep(s->app, &h->made, b, HTTP_TEXT_MAX);
	}
	if (failed == 0)
		*out = r;
	return failed;
}

void
http_head_forget(struct http_head *h)
{
	h->n = 0;
	memset(h->known, 0, sizeof(h->known));
}

void
http_head_clear(struct app *a, struct http_head *h)
{
	app_drop(a, &h->text);
	app_drop(a, &h->made);
	app_give(a, h->v, h->cap * sizeof(*h->v));
	wipe(h, sizeof(*h));
}

/* ---- header lines ---- */

static void
note_folding(struct http *s, int dir)
{
	struct http_tx *t = s->side[dir].tx;

	if (!(t->odd & HTTP_ODD_FOLDING))
		http_note(s, t, dir == TO_SERVER ? HTTP_EV_REQ_FOLDING : HTTP_EV_RES_FOLDING);
	t->odd |= HTTP_ODD_FOLDING;
}

/* The line waits for what the next one says. */
static int
wait(struct http *s, int dir, uint32_t at, uint32_t n)
{
	s->side[dir].pending = (struct http_ref) { 1 + at, n };
	return http_keep(s, dir);
}

int
http_header_pending(struct http *s, int dir)
{
	struct http_ref r = s->side[dir].pending;

	if (!r.at)
		return 0;
	if (http_keep(s, dir) < 0) /* from here on the text stays where it is */
		return -1;
	s->side[dir].pending = (struct http_ref) { 0, 0 };
	return http_header_add(s, dir, http_get(head_of(s, dir), r), r.at);
}

/* The line goes on with the one that waits. */
static int
join(struct http *s, int dir, struct span line)
{
	struct http_ref *r = &s->side[dir].pending;
	struct http_head *h = head_of(s, dir);

	if (r->n >= HTTP_FOLDED_MAX) {
		http_note(s, s->side[dir].tx, dir == TO_SERVER ? HTTP_EV_REQ_LONG : HTTP_EV_RES_LONG);
		return 0;
	}
	if (!(r->at & HTTP_MADE) && http_make(s, h, http_get(h, *r), r) < 0)
		return -1;
	r->n += line.n;
	return app_keep(s->app, &h->made, line, HTTP_TEXT_MAX);
}

/* A header of a response that looks like one by itself is none that goes on. */
static bool
is_header(const struct http *s, int dir, struct span line)
{
	const struct http_head *h = head_of(s, dir);
	struct span before = http_get(h, s->side[dir].pending);

	return dir == TO_CLIENT && line.n && before.n && h->version == HTTP_VERSION_1_1 && memchr(line.p, ':', line.n) &&
	    memchr(before.p, ':', before.n);
}

int
http_header_line(struct http *s, int dir, struct span line, uint32_t at, bool goes_on)
{
	uint32_t k = 0;

	if (line.n && !http_folds(line.p[0])) {
		if (http_header_pending(s, dir) < 0)
			return -1;
		return goes_on ? wait(s, dir, at, line.n) : http_header_add(s, dir, line, 1 + at);
	}
	if (!s->side[dir].pending.at) {
		note_folding(s, dir);
		while (k < line.n && http_folds(line.p[k]))
			k++;
		return wait(s, dir, at + k, line.n - k);
	}
	if (!is_header(s, dir, line))
		return join(s, dir, line);
	note_folding(s, dir);
	return http_header_pending(s, dir) < 0 ? -1 : wait(s, dir, at + 1, line.n - 1);
}

/* ---- bodies ---- */

enum http_step
http_body_piece(struct http *s, struct http_side *d, int64_t *left, enum http_step (*give)(struct http *s, const uint8_t *p, uint32_t n))
{
	uint32_t n = d->n - d->at < *left ? d->n - d->at : (uint32_t) *left;

	if (!n)
		return HTTP_MORE;
	if (give(s, d->p ? d->p + d->at : NULL, n) == HTTP_FAIL)
		return HTTP_FAIL;
	d->at += n;
	d->from = d->at;
	*left -= n;
	return *left ? HTTP_MORE : HTTP_NEXT;
}
