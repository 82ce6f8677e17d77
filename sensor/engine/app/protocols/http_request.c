/*
 * http_request - requests, read as they come: line, headers, body, what follows it.
 *
 * Thread:    the worker's.
 * Memory:    see http.h.
 * Owns:      nothing.
 * Not here:  responses -> http_response.c   what is done with a message -> http_body.c
 *
 * Spec: RFC 9112 sections 3, 5, 6, 7, 9.3 (pipelining); RFC 9110 section 7.2 (Host), 9.3.6 (CONNECT).
 *
 * Each state is a function that reads what it can of the bytes at hand. Where RFC 9112 lets a server refuse, and many do not,
 * this goes on as libhtp 0.5 does, so that both see the same: blank lines and unknown bytes after a request are of its body,
 * a line without a protocol may have headers all the same, a gap is taken inside of a body only.
 */
#include "engine/app/protocols/http.h"

static enum http_step headers(struct http *s);
static enum http_step chunk_length(struct http *s);
static enum http_step body_begins(struct http *s);

static struct http_side *
side(struct http *s)
{
	return &s->side[TO_SERVER];
}

static enum http_step
go(struct http *s, http_state next)
{
	side(s)->state = next;
	return HTTP_NEXT;
}

/* Up to and with the next line end; false: it is not there yet. */
static bool
to_line_end(struct http_side *d)
{
	const uint8_t *end = d->at < d->n ? memchr(d->p + d->at, '\n', d->n - d->at) : NULL;

	d->at = end ? (uint32_t) (end - d->p) + 1 : d->n;
	return end != NULL;
}

static bool
is_method(struct span l)
{
	uint32_t from = 0, to;

	while (from < l.n && http_space(l.p[from]))
		from++;
	for (to = from; to < l.n && !http_space(l.p[to]);)
		to++;
	return http_method_of(span_of(l.p + from, to - from)) != HTTP_M_UNKNOWN;
}

/* ---- after the message ---- */

enum http_step
http_request_ignored(struct http *s)
{
	side(s)->from = side(s)->at = side(s)->n;
	return HTTP_MORE;
}

enum http_step
http_request_complete(struct http *s)
{
	struct http_tx *t = side(s)->tx;
	bool simple = t->simple;

	if (t->tx.progress[TO_SERVER] != HTTP_COMPLETE) {
		http_progress(s, t, TO_SERVER, HTTP_COMPLETE);
		http_on_request_complete(s, t);
	}
	side(s)->tx = NULL;
	side(s)->keeping = false;
	return go(s, simple ? http_request_ignored : http_request_idle);
}

/* The bytes after a request that begin with no method are still of its body. */
static enum http_step
after(struct http *s, struct span l)
{
	struct http_side *d = side(s);
	uint32_t from = 0;

	while (from < l.n && http_space(l.p[from]))
		from++;
	if (from < l.n && is_method(l)) {
		d->left = -1;
		return http_request_complete(s);
	}
	if (from < l.n && d->left <= 0)
		http_note(s, d->tx, HTTP_EV_REQ_BODY);
	else if (from < l.n)
		d->left = 1;
	if (d->p && d->status != HTTP_CLOSED) {
		if (d->at >= d->n)
			return HTTP_HOLD;
		d->at++; /* the line end */
		l = http_line(s, TO_SERVER);
		if (!l.p)
			return HTTP_FAIL;
	}
	http_on_request_body(s, d->tx, l.p, l.n);
	http_line_done(s, TO_SERVER);
	return HTTP_NEXT;
}

enum http_step
http_request_last(struct http *s)
{
	struct http_side *d = side(s);
	const uint8_t *end;
	struct span l;

	if (d->status != HTTP_CLOSED) {
		if (d->at >= d->n)
			return http_request_complete(s);
		if (d->p[d->at] != '\n' || d->at <= d->from) {
			end = memchr(d->p + d->at, '\n', d->n - d->at);
			d->at = end ? (uint32_t) (end - d->p) : d->n;
			if (!end)
				return HTTP_HOLD;
		}
	}
	l = http_line(s, TO_SERVER);
	if (!l.p)
		return HTTP_FAIL;
	return l.n ? after(s, l) : http_request_complete(s);
}

/* ---- bodies ---- */

static enum http_step
body(struct http *s, const uint8_t *p, uint32_t n)
{
	http_on_request_body(s, side(s)->tx, p, n);
	return HTTP_NEXT;
}

enum http_step
http_request_identity(struct http *s)
{
	enum http_step r = http_body_piece(s, side(s), &side(s)->left, body);

	return r == HTTP_NEXT ? go(s, http_request_last) : r;
}

static enum http_step
chunk_end(struct http *s)
{
	bool there = to_line_end(side(s));

	side(s)->from = side(s)->at;
	return there ? go(s, chunk_length) : HTTP_MORE;
}

static enum http_step
chunk_data(struct http *s)
{
	enum http_step r = http_body_piece(s, side(s), &side(s)->chunk, body);

	return r == HTTP_NEXT ? go(s, chunk_end) : r;
}

uint64_t
http_request_passes(const struct http *s)
{
	const struct http_side *d = &s->side[TO_SERVER];

	/* an answer may still make something else of what follows: look_at_expect(), http_look_for_upgrade() */
	if (d->tx->tx.progress[TO_CLIENT] < HTTP_BODY && (d->left == d->length || http_known(&d->tx->head[TO_SERVER], HTTP_UPGRADE)))
		return 0;
	return d->state == http_request_identity ? (uint64_t) d->left : d->state == chunk_data ? (uint64_t) d->chunk : 0;
}

static enum http_step
chunk_length(struct http *s)
{
	struct http_side *d = side(s);
	struct span l;

	if (!to_line_end(d))
		return HTTP_HOLD;
	l = http_line(s, TO_SERVER);
	if (!l.p)
		return HTTP_FAIL;
	d->chunk = http_chunk_length(http_chomp(l));
	http_on_chunk(s, d->tx, TO_SERVER, l);
	http_line_done(s, TO_SERVER);
	if (d->chunk < 0) {
		http_note(s, d->tx, HTTP_EV_REQ_CHUNK_LEN);
		return HTTP_FAIL;
	}
	if (d->chunk)
		return go(s, chunk_data);
	http_progress(s, d->tx, TO_SERVER, HTTP_TRAILER);
	http_headers_begin(s, TO_SERVER);
	return go(s, headers);
}

/* ---- CONNECT ---- */

/* What goes into the tunnel may be HTTP again. */
static enum http_step
tunnel(struct http *s)
{
	struct http_side *d = side(s);
	struct span l;

	while (d->at < d->n && d->p[d->at] && d->p[d->at] != '\n')
		d->at++;
	if (d->at >= d->n)
		return HTTP_HOLD;
	l = http_line(s, TO_SERVER);
	if (!l.p)
		return HTTP_FAIL;
	if (is_method(l))
		return http_request_complete(s);
	s->side[0].status = s->side[1].status = HTTP_TUNNEL;
	return HTTP_NEXT;
}

static enum http_step
answer_to_connect(struct http *s)
{
	const struct http_tx *t = side(s)->tx;

	if (t->tx.progress[TO_CLIENT] <= HTTP_LINE)
		return HTTP_WAIT;
	return go(s, t->status >= 200 && t->status <= 299 ? tunnel : http_request_last);
}

static enum http_step
connect_or_not(struct http *s)
{
	if (side(s)->tx->method != HTTP_M_CONNECT)
		return go(s, body_begins);
	side(s)->state = answer_to_connect;
	side(s)->status = HTTP_WAITING;
	return HTTP_WAIT;
}

/* ---- headers ---- */

static enum http_step
body_begins(struct http *s)
{
	struct http_side *d = side(s);
	struct http_tx *t = d->tx;

	if (t->coding[TO_SERVER] == HTTP_CODING_CHUNKED) {
		http_progress(s, t, TO_SERVER, HTTP_BODY);
		return go(s, chunk_length);
	}
	if (t->coding[TO_SERVER] == HTTP_CODING_IDENTITY) {
		d->length = d->left = t->content_length[TO_SERVER];
		if (d->left) {
			http_progress(s, t, TO_SERVER, HTTP_BODY);
			return go(s, http_request_identity);
		}
	}
	return go(s, http_request_last);
}

static void
find_coding(struct http *s, struct http_tx *t)
{
	const struct http_head *h = &t->head[TO_SERVER];
	const struct http_header *te = http_known(h, HTTP_TRANSFER_ENCODING), *cl = http_known(h, HTTP_CONTENT_LENGTH);

	t->coding[TO_SERVER] = HTTP_CODING_NONE;
	if (te) {
		bool chunked = span_eq_nocase(http_get(h, te->value), SPAN_LIT("chunked"));

		if (!chunked || h->version < HTTP_VERSION_1_1)
			http_flag(t, HTTP_EV_REQ_TE);
		t->coding[TO_SERVER] = chunked ? HTTP_CODING_CHUNKED : HTTP_CODING_INVALID;
	} else if (cl) {
		t->content_length[TO_SERVER] = http_length(s, t, http_get(h, cl->value));
		t->coding[TO_SERVER] = t->content_length[TO_SERVER] < 0 ? HTTP_CODING_INVALID : HTTP_CODING_IDENTITY;
		if (t->content_length[TO_SERVER] < 0)
			http_flag(t, HTTP_EV_REQ_CL);
	}
}

/* The header's host, where the target has none; told in lower case when no port is with it. */
static int
take_host(struct http *s, struct http_tx *t, struct http_ref value, const struct http_authority *a)
{
	struct http_head *h = &t->head[TO_SERVER];
	uint32_t off = (uint32_t) (a->host.p - http_get(h, value).p), upper = 0, at = h->made.n;

	t->host = (struct http_ref) { value.at + off, a->host.n };
	t->port = a->number;
	if (a->port.p || a->host.p[0] == '[')
		return 0;
	while (upper < a->host.n && byte_lower(a->host.p[upper]) == a->host.p[upper])
		upper++;
	if (upper == a->host.n)
		return 0;
	if (http_make(s, h, a->host, &t->host) < 0)
		return -1;
	for (uint32_t i = at; i < h->made.n; i++)
		h->made.p[i] = byte_lower(h->made.p[i]);
	return 0;
}

static int
find_host(struct http *s, struct http_tx *t)
{
	struct http_head *h = &t->head[TO_SERVER];
	const struct http_header *v = http_known(h, HTTP_HOST);
	struct http_authority a;

	t->host = t->target_host;
	t->port = t->target_port;
	if (!v) {
		if (h->version >= HTTP_VERSION_1_1)
			http_flag(t, HTTP_EV_NO_HOST);
		return 0;
	}
	a = http_authority(http_get(h, v->value));
	if (a.invalid || (a.host.p && !http_host_valid(a.host)))
		http_flag(t, HTTP_EV_HEADER_HOST);
	if (a.host.p && !t->host.at)
		return take_host(s, t, v->value, &a);
	if (t->host.at && (!a.host.p || !span_eq_nocase(a.host, http_get(h, t->host)) ||
	    (t->port != -1 && a.number != -1 && t->port != a.number)))
		http_flag(t, HTTP_EV_HOST_AMBIGUOUS);
	return 0;
}

static enum http_step
headers_end(struct http *s)
{
	struct http_side *d = side(s);
	struct http_tx *t = d->tx;
	bool trailers = t->tx.progress[TO_SERVER] > HTTP_HEADERS;

	if (http_keep(s, TO_SERVER) < 0)
		return HTTP_FAIL;
	d->keeping = false;
	if (trailers)
		return go(s, http_request_last);
	find_coding(s, t);
	if (find_host(s, t) < 0)
		return HTTP_FAIL;
	http_on_request_headers(s, t);
	return t->coding[TO_SERVER] == HTTP_CODING_INVALID ? HTTP_FAIL : go(s, connect_or_not);
}

static enum http_step
headers(struct http *s)
{
	struct http_side *d = side(s);
	struct span l;
	uint32_t at;

	for (;;) {
		if (d->status == HTTP_CLOSED) {
			if (http_header_pending(s, TO_SERVER) < 0)
				return HTTP_FAIL;
			http_line_done(s, TO_SERVER);
			http_progress(s, d->tx, TO_SERVER, HTTP_TRAILER);
			return headers_end(s);
		}
		http_headers_pass(s, TO_SERVER);
		if (!to_line_end(d))
			return HTTP_HOLD;
		at = http_line_at(s, TO_SERVER);
		l = http_line(s, TO_SERVER);
		if (!l.p)
			return HTTP_FAIL;
		if (http_is_end(s->conf, l, false)) {
			if (http_header_pending(s, TO_SERVER) < 0)
				return HTTP_FAIL;
			http_line_done(s, TO_SERVER);
			return headers_end(s);
		}
		if (http_header_line(s, TO_SERVER, http_chomp(l), at, d->at >= d->n || http_folds(d->p[d->at])) < 0)
			return HTTP_FAIL;
		http_line_done(s, TO_SERVER);
	}
}

/* ---- the line ---- */

/* A line without a protocol: what follows may look like headers all the same. */
static bool
looks_like_header(const struct http_side *d)
{
	bool blank = false;

	for (uint32_t i = d->at; i < d->n; i++) {
		if (d->p[i] == ':')
			return true;
		if (http_blank(d->p[i]))
			blank = true;
		else if (http_space(d->p[i]) || blank)
			return false;
	}
	return false;
}

static enum http_step
protocol(struct http *s)
{
	struct http_side *d = side(s);
	struct http_tx *t = d->tx;

	if (t->simple && looks_like_header(d)) {
		http_note(s, t, HTTP_EV_NO_PROTOCOL);
		t->simple = false;
	}
	if (!t->simple) {
		http_progress(s, t, TO_SERVER, HTTP_HEADERS);
		http_headers_begin(s, TO_SERVER);
		return go(s, headers);
	}
	if (http_keep(s, TO_SERVER) < 0)
		return HTTP_FAIL;
	d->keeping = false;
	return go(s, http_request_last);
}

static enum http_step
line_end(struct http *s)
{
	struct http_side *d = side(s);
	uint32_t at = http_line_at(s, TO_SERVER);
	struct span l = http_line(s, TO_SERVER), target;

	if (!l.p)
		return HTTP_FAIL;
	if (!l.n || http_is_end(s->conf, l, false)) {
		http_line_done(s, TO_SERVER);
		return l.n ? HTTP_NEXT : HTTP_MORE;
	}
	if (http_keep_line(s, TO_SERVER, l) < 0)
		return HTTP_FAIL;
	l = http_chomp(l);
	http_parse_request_line(s, d->tx, l, at);
	target = d->tx->target.at ? span_of(l.p + (d->tx->target.at - 1 - at), d->tx->target.n) : SPAN_NONE;
	if (http_target(s, d->tx, target) < 0)
		return HTTP_FAIL;
	http_on_request_line(s, d->tx);
	http_line_done(s, TO_SERVER);
	return go(s, protocol);
}

enum http_step
http_request_line(struct http *s)
{
	struct http_side *d = side(s);

	return to_line_end(d) || d->status == HTTP_CLOSED ? line_end(s) : HTTP_HOLD;
}

enum http_step
http_request_idle(struct http *s)
{
	struct http_side *d = side(s);

	if (d->at >= d->n)
		return HTTP_MORE;
	if (!http_tx_begin(s))
		return HTTP_FAIL;
	http_on_start(s, d->tx, TO_SERVER);
	http_progress(s, d->tx, TO_SERVER, HTTP_LINE);
	return go(s, http_request_line);
}
