/*
 * http_body - what is done where something of a message is complete: frames, counts, bodies, files, changes of protocol.
 *
 * Thread:    the worker's.
 * Memory:    bodies and their codings, from the pool.
 * Owns:      nothing.
 * Not here:  when that is -> http_request.c, http_response.c   codings of responses -> http_coding.c
 */
#include "engine/app/protocols/http.h"

/* ---- frames ---- */

/* Where the reader is in the direction's stream. */
static uint64_t
place(const struct http *s, int dir)
{
	return s->app->taken[dir] + s->side[dir].at;
}

void
http_on_start(struct http *s, struct http_tx *t, int dir)
{
	app_frame_from(s->app, dir, (unsigned) dir, s->side[dir].ended ? s->side[dir].ended : place(s, dir), FRAME_OPEN, NULL);
}

/* What follows a message was looked into before the message is known to be complete. */
static void
message_end(struct http *s, int dir, const struct http_tx *t)
{
	bool known = t->coding[dir] == HTTP_CODING_NONE || (t->coding[dir] == HTTP_CODING_IDENTITY && t->content_length[dir] >= 0);
	uint64_t end = place(s, dir);

	if (t->head_end[dir] && known)
		end = t->head_end[dir] + (t->coding[dir] == HTTP_CODING_IDENTITY ? (uint64_t) t->content_length[dir] : 0);
	s->side[dir].ended = end;
	s->side[dir].extension = false;
	app_frame_end(s->app, dir, (unsigned) dir, end);
	app_frame_tx(s->app, dir, (unsigned) dir, &t->tx);
}

/* ---- heads ---- */

void
http_on_request_line(struct http *s, struct http_tx *t)
{
	if (!t->counted[TO_SERVER])
		app_count_request(s->app);
	t->counted[TO_SERVER] = true;
}

void
http_on_response_line(struct http *s, struct http_tx *t)
{
	bool interim = t->status >= 100 && t->status < 200;

	if (t->counted[TO_CLIENT] || interim)
		return;
	t->counted[TO_CLIENT] = true;
	app_count_response(s->app, t->status >= 500);
}

/* Schemes other than those of RFC 7617, 7616 and 6750. */
static void
look_at_authorization(struct http_tx *t)
{
	struct span v = http_value(&t->head[TO_SERVER], HTTP_AUTHORIZATION);

	if (v.p && !span_eq_nocase(span_head(v, 5), SPAN_LIT("basic")) && !span_eq_nocase(span_head(v, 6), SPAN_LIT("digest")) &&
	    !span_eq_nocase(span_head(v, 7), SPAN_LIT("bearer ")))
		http_flag(t, HTTP_EV_AUTH);
}

/* POST and PUT send files: the body itself, or parts of it. */
void
http_on_request_headers(struct http *s, struct http_tx *t)
{
	struct span ce = http_value(&t->head[TO_SERVER], HTTP_CONTENT_ENCODING);
	enum unpack_kind kind = ce.p ? unpack_kind_of(ce) : UNPACK_NONE;

	t->head_end[TO_SERVER] = place(s, TO_SERVER);
	look_at_authorization(t);
	if ((t->unread[TO_SERVER] = bodies_unread(s->app))) /* only their length counts, so that the next message is found */
		return;
	if (kind != UNPACK_NONE && !t->unpack[TO_SERVER])
		t->unpack[TO_SERVER] = unpack_new(s->app, kind);
	if (t->method == HTTP_M_POST)
		http_multipart_begin(s->app, t);
}

void
http_on_response_headers(struct http *s, struct http_tx *t)
{
	struct span ce = http_value(&t->head[TO_CLIENT], HTTP_CONTENT_ENCODING);
	bool brotli = ce.p && unpack_kind_of(ce) == UNPACK_BROTLI; /* the others are http_coding.c's */

	t->head_end[TO_CLIENT] = place(s, TO_CLIENT);
	t->unread[TO_CLIENT] = bodies_unread(s->app);
	s->known_coding = brotli || span_eq_nocase(ce, SPAN_LIT("identity"));
	if (brotli && !t->unpack[TO_CLIENT] && !t->unread[TO_CLIENT])
		t->unpack[TO_CLIENT] = unpack_new(s->app, UNPACK_BROTLI);
	http_look_for_upgrade(s, t);
}

/* RFC 9112 section 7.1.1: chunk-size, perhaps ";" and extensions. */
void
http_on_chunk(struct http *s, struct http_tx *t, int dir, struct span l)
{
	struct http_side *d = &s->side[dir];
	uint32_t i = 0, from;

	while (i < l.n && http_space(l.p[i]))
		i++;
	for (from = i; i < l.n && byte_hex(l.p[i]) >= 0;)
		i++;
	if (i == from || d->extension || !memchr(l.p + i, ';', l.n - i))
		return;
	d->extension = true;
	app_event(s->app, &t->tx, dir == TO_SERVER ? HTTP_EV_CHUNK_EXT : HTTP_EV_RES_CHUNK_EXT);
}

/* ---- bodies ---- */

struct target {
	struct http *s;
	struct http_tx *t;
};

/* Bytes of a request's body, unpacked, to the body and to the file it may be. */
static void
take_request_body(void *arg, struct span bytes)
{
	const struct target *to = arg;
	struct http_tx *t = to->t;
	struct app *a = to->s->app;
	uint64_t limit = to->s->conf->limits[TO_SERVER].body;

	body_take(&t->body[TO_SERVER], a, bytes, limit);
	if (t->multipart) {
		http_multipart_feed(a, t, bytes, limit);
	} else if (t->method == HTTP_M_POST || t->method == HTTP_M_PUT) {
		file_begin(a, &t->tx, &t->file, TO_SERVER);
		body_take(&t->file, a, bytes, limit);
	}
}

static void
take_response_body(void *arg, struct span bytes)
{
	const struct target *to = arg;

	body_take(&to->t->body[TO_CLIENT], to->s->app, bytes, to->s->conf->limits[TO_CLIENT].body);
	range_add(to->s->app, &to->t->range, bytes);
}

/* What is not what its coding says stays as it came. */
static void
take_body(struct http *s, struct http_tx *t, int dir, struct span bytes)
{
	void (*take)(void *, struct span) = dir == TO_SERVER ? take_request_body : take_response_body;
	struct target to = { s, t };
	uint64_t before = t->body[dir].total;
	enum unpack_result r;

	if (!t->unpack[dir]) {
		take(&to, bytes);
		return;
	}
	r = unpack_feed(t->unpack[dir], bytes, s->conf->bomb, take, &to);
	if (r == UNPACK_OK)
		return;
	app_event(s->app, &t->tx, r == UNPACK_BOMB ? HTTP_EV_BOMB : HTTP_EV_GZIP_FAILED);
	unpack_free(s->app, t->unpack[dir]);
	t->unpack[dir] = NULL;
	if (r == UNPACK_FAILED && before == t->body[dir].total)
		take(&to, bytes);
}

void
http_on_request_body(struct http *s, struct http_tx *t, const uint8_t *p, uint32_t n)
{
	if (t->unread[TO_SERVER])
		return;
	if (!p && n) {
		body_gap(&t->body[TO_SERVER], s->app, n);
		body_gap(&t->file, s->app, n);
		http_multipart_gap(s->app, t, n);
	} else if (n) {
		take_body(s, t, TO_SERVER, span_of(p, n));
	}
}

void
http_on_response_body(struct http *s, struct http_tx *t, const uint8_t *p, uint32_t n)
{
	if (t->unread[TO_CLIENT])
		return;
	file_begin(s->app, &t->tx, &t->body[TO_CLIENT], TO_CLIENT);
	if (n && !t->body[TO_CLIENT].total)
		http_range_begin(s->app, t);
	if (!p && n) {
		body_gap(&t->body[TO_CLIENT], s->app, n);
		range_gap(&t->range, n);
	} else if (n) {
		take_body(s, t, TO_CLIENT, span_of(p, n));
	}
}

/* ---- ends ---- */

void
http_on_request_complete(struct http *s, struct http_tx *t)
{
	message_end(s, TO_SERVER, t);
	if (t->multipart)
		http_multipart_end(s->app, t);
	t->body[TO_SERVER].eof = t->file.eof = true;
}

/* CONNECT: what follows is something else. */
void
http_on_response_complete(struct http *s, struct http_tx *t)
{
	message_end(s, TO_CLIENT, t);
	t->body[TO_CLIENT].eof = true;
	range_end(s->app, &t->range, &t->tx, &t->whole);
	if (t->method == HTTP_M_CONNECT && t->status >= 200 && t->status < 300)
		app_upgrade(s->app, NULL);
}
