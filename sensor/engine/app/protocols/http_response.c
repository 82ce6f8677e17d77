/*
 * http_response - responses, read as they come: status line, headers, body, what follows it.
 *
 * Thread:    the worker's.
 * Memory:    see http.h.
 * Owns:      nothing.
 * Not here:  requests -> http_request.c   content codings -> http_coding.c   what is done with a message -> http_body.c
 *
 * Spec: RFC 9112 sections 4 to 7; RFC 9110 section 15.2 (1xx), 9.3.2 (HEAD), 9.3.6 (CONNECT), 7.8 (Upgrade).
 *
 * As with requests, what is not as it should be is taken as libhtp 0.5, and browsers, take it: a first line that is none is a
 * body, so is what comes after a message and is no status line; a chunk without a length ends the chunks.
 */
#include "engine/app/protocols/http.h"

static enum http_step line(struct http *s);
static enum http_step headers(struct http *s);
static enum http_step chunk_length(struct http *s);

static struct http_side *
side(struct http *s)
{
	return &s->side[TO_CLIENT];
}

static enum http_step
go(struct http *s, http_state next)
{
	side(s)->state = next;
	return HTTP_NEXT;
}

static enum http_step
body(struct http *s, const uint8_t *p, uint32_t n)
{
	return !side(s)->tx->unread[TO_CLIENT] && http_coding_feed(s, side(s)->tx, p, n) < 0 ? HTTP_FAIL : HTTP_NEXT;
}

/* ---- after the message ---- */

enum http_step
http_response_complete(struct http *s)
{
	struct http_side *d = side(s), *in = &s->side[TO_SERVER];
	struct http_tx *t = d->tx;

	if (t->tx.progress[TO_CLIENT] != HTTP_COMPLETE) {
		http_progress(s, t, TO_CLIENT, HTTP_COMPLETE);
		if (t->coding[TO_CLIENT] != HTTP_CODING_NONE)
			body(s, NULL, 0);
		http_on_response_complete(s, t);
		http_keep(s, TO_CLIENT);
		d->keeping = false;
	}
	if (in->status == HTTP_WAITING && in->tx == t)
		return HTTP_WAIT;
	if (s->yield) {
		s->yield = false;
		return HTTP_WAIT;
	}
	d->tx = NULL;
	return go(s, http_response_idle);
}

enum http_step
http_response_last(struct http *s)
{
	struct http_side *d = side(s);
	uint32_t from = d->from, held = d->held.n;
	const uint8_t *end;
	struct span l;
	enum http_step r;

	if (d->status != HTTP_CLOSED) {
		if (d->at >= d->n)
			return http_response_complete(s);
		if (d->p[d->at] != '\n' || d->at <= d->from) {
			end = memchr(d->p + d->at, '\n', d->n - d->at);
			d->at = end ? (uint32_t) (end - d->p) + 1 : d->n;
			if (!end)
				return HTTP_HOLD;
		}
	}
	l = http_line(s, TO_CLIENT);
	if (!l.p)
		return HTTP_FAIL;
	if (!l.n)
		return http_response_complete(s);
	if (http_is_body(l)) {
		http_note(s, d->tx, HTTP_EV_RES_BODY);
		r = body(s, l.p, l.n);
		http_line_done(s, TO_CLIENT);
		return r;
	}
	d->at = d->from = from; /* the line is the next response's */
	d->held.n = held;
	return http_response_complete(s);
}

/* ---- bodies ---- */

enum http_step
http_response_identity(struct http *s)
{
	struct http_side *d = side(s);
	enum http_step r = d->status == HTTP_CLOSED ? HTTP_NEXT : http_body_piece(s, d, &d->left, body);

	if (r != HTTP_NEXT)
		return r;
	d->state = http_response_last;
	return body(s, NULL, 0);
}

enum http_step
http_response_stream(struct http *s)
{
	struct http_side *d = side(s);
	uint32_t n = d->n - d->at;

	if (n && body(s, d->p ? d->p + d->at : NULL, n) == HTTP_FAIL)
		return HTTP_FAIL;
	d->at = d->from = d->n;
	return d->status == HTTP_CLOSED ? go(s, http_response_last) : HTTP_MORE;
}

static enum http_step
stream_begins(struct http *s)
{
	struct http_side *d = side(s);

	d->tx->coding[TO_CLIENT] = HTTP_CODING_IDENTITY;
	d->left = -1;
	http_progress(s, d->tx, TO_CLIENT, HTTP_BODY);
	return go(s, http_response_stream);
}

static enum http_step
chunk_end(struct http *s)
{
	struct http_side *d = side(s);
	const uint8_t *end = d->at < d->n ? memchr(d->p + d->at, '\n', d->n - d->at) : NULL;

	d->at = end ? (uint32_t) (end - d->p) + 1 : d->n;
	d->tx->message_len += d->at - d->from;
	d->from = d->at;
	return end ? go(s, chunk_length) : HTTP_MORE;
}

static enum http_step
chunk_data(struct http *s)
{
	enum http_step r = http_body_piece(s, side(s), &side(s)->chunk, body);

	return r == HTTP_NEXT ? go(s, chunk_end) : r;
}

uint64_t
http_response_passes(const struct http *s)
{
	const struct http_side *d = &s->side[TO_CLIENT];

	if (d->state == http_response_stream)
		return UINT64_MAX;
	return d->state == http_response_identity ? (uint64_t) d->left : d->state == chunk_data ? (uint64_t) d->chunk : 0;
}

/* Up to the end of the line, or of eight bytes and more that show that it is none: what cannot be a length is not waited for. */
static bool
to_length_end(struct http_side *d)
{
	const uint8_t *lf = d->at < d->n ? memchr(d->p + d->at, '\n', d->n - d->at) : NULL;
	uint32_t end = lf ? (uint32_t) (lf - d->p) : d->n, first = d->from, junk;

	while (first < end && http_space(d->p[first]))
		first++;
	junk = first < end && byte_hex(d->p[first]) < 0 ? first : end;
	if (junk < end && junk < d->from + 7)
		junk = d->from + 7;
	if (junk < d->at)
		junk = d->at;
	while (junk < end && http_space(d->p[junk]))
		junk++;
	d->at = junk < end ? junk + 1 : lf ? end + 1 : d->n;
	return junk < end || lf;
}

static enum http_step
chunk_length(struct http *s)
{
	struct http_side *d = side(s);
	struct http_tx *t = d->tx;
	enum http_step r;
	struct span l;

	do {
		if (!to_length_end(d))
			return HTTP_HOLD;
		l = http_line(s, TO_CLIENT);
		if (!l.p)
			return HTTP_FAIL;
		t->message_len += l.n;
		d->chunk = http_chunk_length(l);
		if (d->chunk == HTTP_CHUNK_EMPTY)
			d->from = d->at;
	} while (d->chunk == HTTP_CHUNK_EMPTY);
	http_on_chunk(s, t, TO_CLIENT, l);
	if (d->chunk < 0) {
		t->coding[TO_CLIENT] = HTTP_CODING_IDENTITY;
		http_note(s, t, HTTP_EV_RES_CHUNK_LEN);
		d->state = http_response_stream;
		r = body(s, l.p, l.n);
		http_line_done(s, TO_CLIENT);
		return r;
	}
	http_line_done(s, TO_CLIENT);
	if (d->chunk)
		return go(s, chunk_data);
	http_progress(s, t, TO_CLIENT, HTTP_TRAILER);
	http_headers_begin(s, TO_CLIENT);
	return go(s, headers);
}

/* ---- headers ---- */

static enum http_step
headers_are_there(struct http *s)
{
	struct http_tx *t = side(s)->tx;

	t->decoding = true;
	side(s)->keeping = false;
	http_on_response_headers(s, t);
	return !t->unread[TO_CLIENT] && http_coding_begin(s, t) < 0 ? HTTP_FAIL : HTTP_NEXT;
}

static enum http_step
no_body(struct http *s)
{
	side(s)->tx->coding[TO_CLIENT] = HTTP_CODING_NONE;
	side(s)->state = http_response_last;
	return headers_are_there(s);
}

/* 100 Continue: the response is still to come. */
static enum http_step
go_on(struct http *s)
{
	struct http_tx *t = side(s)->tx;

	if (t->continued) {
		http_note(s, t, HTTP_EV_100_AGAIN);
		return HTTP_FAIL;
	}
	t->continued = true;
	http_head_forget(&t->head[TO_CLIENT]);
	http_progress(s, t, TO_CLIENT, HTTP_LINE);
	return go(s, line);
}

/* The client waited to be told that its body is wanted, and was told that it is not. */
static void
look_at_expect(struct http *s)
{
	struct http_side *in = &s->side[TO_SERVER];
	const struct http_tx *t = side(s)->tx;

	if (t->status >= 400 && t->status <= 499 && in->length > 0 && in->length == in->left &&
	    span_eq_nocase(http_value(&t->head[TO_SERVER], HTTP_EXPECT), SPAN_LIT("100-continue")))
		in->state = http_request_last;
}

static enum http_step
find_body(struct http *s, struct http_tx *t, const struct http_header *te, const struct http_header *cl)
{
	const struct http_head *h = &t->head[TO_CLIENT];
	struct http_side *d = side(s);

	if (te && http_find(http_get(h, te->value), "chunked", true)) {
		if (!span_eq_nocase(http_get(h, te->value), SPAN_LIT("chunked")))
			http_note(s, t, HTTP_EV_RES_TE_ODD);
		if (h->version < HTTP_VERSION_1_1)
			http_note(s, t, HTTP_EV_CHUNKED_OLD);
		t->coding[TO_CLIENT] = HTTP_CODING_CHUNKED;
		http_progress(s, t, TO_CLIENT, HTTP_BODY);
		d->state = chunk_length;
	} else if (cl) {
		t->coding[TO_CLIENT] = HTTP_CODING_IDENTITY;
		t->content_length[TO_CLIENT] = d->length = d->left = http_length(s, t, http_get(h, cl->value));
		if (d->left < 0) {
			http_note(s, t, HTTP_EV_RES_CL);
			return HTTP_FAIL;
		}
		d->state = d->left ? http_response_identity : http_response_last;
		if (d->left)
			http_progress(s, t, TO_CLIENT, HTTP_BODY);
	} else if (http_find(http_value(h, HTTP_CONTENT_TYPE), "multipart/byteranges", false)) {
		http_note(s, t, HTTP_EV_BYTERANGES);
		return HTTP_FAIL;
	} else {
		stream_begins(s);
	}
	return headers_are_there(s);
}

static enum http_step
body_begins(struct http *s)
{
	struct http_side *d = side(s), *in = &s->side[TO_SERVER];
	struct http_tx *t = d->tx;
	const struct http_head *h = &t->head[TO_CLIENT];
	const struct http_header *te = http_known(h, HTTP_TRANSFER_ENCODING), *cl = http_known(h, HTTP_CONTENT_LENGTH);
	bool interim = t->status >= 100 && t->status <= 199;

	if (t->method == HTTP_M_CONNECT) {
		if (t->status >= 200 && t->status <= 299) {
			d->state = http_response_last;
			return headers_are_there(s);
		}
		if (in->status != HTTP_ERROR)
			in->status = HTTP_OPEN;
		s->yield |= t->status != 407;
	}
	if (t->status == 101 && (te || cl)) {
		http_note(s, t, HTTP_EV_NONE);
	} else if (t->status == 101) {
		if (in->status != HTTP_ERROR)
			in->status = HTTP_TUNNEL;
		d->status = HTTP_TUNNEL;
		d->state = http_response_last;
		return headers_are_there(s);
	}
	if (t->status == 100 && !te && (!cl || http_length(s, t, http_get(h, cl->value)) <= 0))
		return go_on(s);
	look_at_expect(s);
	if (t->method == HTTP_M_HEAD)
		return no_body(s);
	if (interim || t->status == 204 || t->status == 304) {
		if (!te && !cl)
			return no_body(s);
		http_note(s, t, HTTP_EV_RES_BODY);
	}
	return find_body(s, t, te, cl);
}

static enum http_step
headers_end(struct http *s)
{
	struct http_side *d = side(s);

	if (http_header_pending(s, TO_CLIENT) < 0 || http_keep(s, TO_CLIENT) < 0)
		return HTTP_FAIL;
	http_line_done(s, TO_CLIENT);
	if (d->tx->tx.progress[TO_CLIENT] == HTTP_HEADERS)
		return go(s, body_begins);
	d->keeping = false;
	return go(s, http_response_last);
}

/* The first carriage return or line feed from `at` on; n: there is none. */
static uint32_t
end_at(const struct http_side *d)
{
	const uint8_t *lf = d->at < d->n ? memchr(d->p + d->at, '\n', d->n - d->at) : NULL;
	uint32_t to = lf ? (uint32_t) (lf - d->p) : d->n;
	const uint8_t *cr = d->at < to ? memchr(d->p + d->at, '\r', to - d->at) : NULL;

	return cr ? (uint32_t) (cr - d->p) : to;
}

/* Ends of lines: CR LF, LF, LF CR, and CR alone. *lfcr: the last one was LF CR, after which CR LF CR LF is two of them.
 * HTTP_NEXT: a line is there; *lone: it ends with a CR. */
static enum http_step
to_header_end(struct http *s, bool *lfcr, bool *lone)
{
	struct http_side *d = side(s);

	for (;;) {
		uint32_t end = end_at(d);
		bool mixed = *lfcr && end == d->at;

		if (end == d->n) {
			d->at = d->n;
			return HTTP_HOLD;
		}
		d->at = end + 1;
		*lone = d->p[end] == '\r';
		*lfcr = false;
		if (!*lone) {
			*lfcr = d->at < d->n && d->p[d->at] == '\r';
			d->at += *lfcr;
			return HTTP_NEXT;
		}
		if (d->at >= d->n)
			return HTTP_HOLD;
		if (d->p[d->at] == '\r') {
			*lfcr = mixed;
			continue;
		}
		if (d->p[d->at] != '\n')
			return HTTP_NEXT;
		d->at++;
		if (mixed && d->at < d->n && d->p[d->at] == '\r') {
			d->at++;
			d->from++;
			if (d->at < d->n && d->p[d->at] == '\n') {
				d->at++;
				d->from++;
				http_note(s, d->tx, HTTP_EV_NONE);
			}
		}
		return HTTP_NEXT;
	}
}

static enum http_step
headers(struct http *s)
{
	struct http_side *d = side(s);
	bool lfcr = false, lone;
	enum http_step r;
	struct span l;
	uint32_t at;

	for (;;) {
		if (d->status == HTTP_CLOSED) {
			http_keep(s, TO_CLIENT);
			d->keeping = false;
			return go(s, http_response_last);
		}
		if (!lfcr)
			http_headers_pass(s, TO_CLIENT);
		r = to_header_end(s, &lfcr, &lone);
		if (r != HTTP_NEXT)
			return r;
		at = http_line_at(s, TO_CLIENT);
		l = http_line(s, TO_CLIENT);
		if (!l.p)
			return HTTP_FAIL;
		if (lone && l.n <= 1)
			continue;
		if (http_is_end(s->conf, l, d->at < d->n && d->p[d->at] != '\n'))
			return headers_end(s);
		if (http_header_line(s, TO_CLIENT, http_chomp(l), at, d->at < d->n && http_folds(d->p[d->at])) < 0)
			return HTTP_FAIL;
		http_line_done(s, TO_CLIENT);
	}
}

/* ---- the line ---- */

/* A first line that is none: a response without a head, unless more comes. */
static enum http_step
body_only(struct http *s, struct span l, uint32_t end)
{
	struct http_side *d = side(s);
	enum http_step r = body(s, l.n + end ? l.p : NULL, l.n + end);

	http_line_done(s, TO_CLIENT);
	if (r != HTTP_NEXT || d->n > d->at)
		return r;
	d->tx->coding[TO_CLIENT] = HTTP_CODING_IDENTITY;
	d->left = -1;
	http_progress(s, d->tx, TO_CLIENT, HTTP_BODY);
	return go(s, http_response_last);
}

static enum http_step
line_end(struct http *s)
{
	struct http_side *d = side(s);
	struct http_tx *t = d->tx;
	uint32_t at = http_line_at(s, TO_CLIENT);
	struct span l = http_line(s, TO_CLIENT), whole = l;

	if (!l.p)
		return HTTP_FAIL;
	if (http_is_end(s->conf, l, false)) {
		if (d->status == HTTP_CLOSED)
			d->state = http_response_last;
		http_line_done(s, TO_CLIENT);
		return HTTP_NEXT;
	}
	t->head[TO_CLIENT].line = t->head[TO_CLIENT].protocol = t->status_name = t->reason = (struct http_ref) { 0, 0 };
	l = http_chomp(l);
	if (http_is_body(l)) {
		d->keeping = false;
		t->decoding = true;
		return body_only(s, l, whole.n - l.n < 2 ? whole.n - l.n : l.p[l.n] == '\r' && l.p[l.n + 1] == '\n' ? 2 : 1);
	}
	if (http_keep_line(s, TO_CLIENT, whole) < 0)
		return HTTP_FAIL;
	http_parse_status_line(t, l, at);
	if (t->head[TO_CLIENT].version == HTTP_VERSION_INVALID)
		http_note(s, t, HTTP_EV_RES_PROTOCOL);
	if (t->status < 0)
		http_note(s, t, HTTP_EV_RES_STATUS);
	http_on_response_line(s, t);
	http_line_done(s, TO_CLIENT);
	http_progress(s, t, TO_CLIENT, HTTP_HEADERS);
	http_headers_begin(s, TO_CLIENT);
	return go(s, headers);
}

static enum http_step
line(struct http *s)
{
	struct http_side *d = side(s);
	uint32_t end;

	if (d->status == HTTP_CLOSED)
		return line_end(s);
	end = end_at(d);
	d->at = end < d->n ? end + 1 : d->n;
	if (end == d->n || (d->p[end] == '\r' && d->at == d->n))
		return HTTP_HOLD;
	if (d->p[end] == '\r' && d->p[d->at] == '\n')
		d->at++;
	return line_end(s);
}

enum http_step
http_response_idle(struct http *s)
{
	struct http_side *d = side(s), *in = &s->side[TO_SERVER];
	struct http_tx *t = s->unanswered;

	if (d->at >= d->n)
		return HTTP_MORE;
	if (!t) {
		if (in->state == http_request_last && in->tx)
			http_request_complete(s);
		if (!(t = http_tx_begin(s)))
			return HTTP_FAIL;
		t->unasked = true;
		in->keeping = false; /* what is there of a request is not this one's */
		in->pending = (struct http_ref) { 0, 0 };
		http_line_done(s, TO_SERVER);
		http_note(s, t, HTTP_EV_NO_REQUEST);
		in->state = http_request_last;
	}
	s->unanswered = http_tx_after(t);
	d->length = d->left = -1;
	d->tx = t;
	http_on_start(s, t, TO_CLIENT);
	t->decoding = t->simple;
	if (t->simple) {
		stream_begins(s);
	} else {
		d->state = line;
		http_progress(s, t, TO_CLIENT, HTTP_LINE);
	}
	if (!t->method_name.at && !t->target.at && in->state == http_request_line)
		http_note(s, t, HTTP_EV_LINE_INCOMPLETE);
	return HTTP_NEXT;
}
