/*
 * http - HTTP/0.9 to 1.1 over TCP: what the framework calls.
 *
 * Thread:    the worker's.
 * Memory:    see http.h.
 * Owns:      the state of a flow's connection.
 * Not here:  reading -> http_request.c, http_response.c   what is done with messages -> http_body.c
 *            settings -> http_conf.c   fields -> http_fields.c   events -> http_event.c   log -> http_log.c
 *
 * Spec: RFC 9110, RFC 9112.
 */
#include "engine/app/protocols/http.h"

#include <strings.h>

/* ---- frames ---- */

static const struct app_frame_type frames[] = {
	[TO_SERVER] = { "request", "a request: line, headers and body" },
	[TO_CLIENT] = { "response", "a response: line, headers and body" },
	{ NULL, NULL },
};

/* ---- transactions ---- */

struct http_tx *
http_tx_begin(struct http *s)
{
	struct http_side *d = &s->side[TO_SERVER];
	struct http_tx *t = (struct http_tx *) app_tx_new(s->app);

	if (!t)
		return NULL;
	t->read = true;
	t->unseen = heads_unread(s->app);
	t->conf = s->conf;
	t->head[0].version = t->head[1].version = HTTP_VERSION_UNKNOWN;
	t->content_length[0] = t->content_length[1] = -1;
	for (int dir = 0; dir < 2; dir++) {
		t->body[dir].inspect_min = s->conf->inline_body ? 0 : (uint32_t) s->conf->limits[dir].inspect_min;
		t->body[dir].inspect_window = (uint32_t) s->conf->limits[dir].inspect_window;
	}
	t->file.inspect_min = t->body[TO_SERVER].inspect_min;
	t->file.inspect_window = t->body[TO_SERVER].inspect_window;
	d->tx = t;
	d->length = d->left = -1;
	if (!s->unanswered)
		s->unanswered = t;
	return t;
}

struct http_tx *
http_tx_after(struct http_tx *t)
{
	struct tx *tx = t->tx.next;

	while (tx && (tx->proto != t->tx.proto || !((struct http_tx *) tx)->read))
		tx = tx->next;
	return (struct http_tx *) tx;
}

/* The reader does not come back to it. A response that is complete leaves its side ready for the next one. */
static void
forget(struct http *s, struct http_tx *t)
{
	for (int dir = 0; dir < 2; dir++) {
		struct http_side *d = &s->side[dir];

		if (d->tx != t)
			continue;
		d->tx = NULL;
		if (t->tx.progress[dir] == HTTP_COMPLETE)
			d->state = dir == TO_SERVER ? http_request_idle : http_response_idle;
	}
	if (s->unanswered == t)
		s->unanswered = http_tx_after(t);
}

static void
tx_clear(struct app *a, struct tx *tx)
{
	struct http_tx *t = (struct http_tx *) tx;

	if (a->proto == tx->proto && a->state)
		forget(a->state, t);
	if (t->multipart)
		http_multipart_end(a, t);
	for (int dir = 0; dir < 2; dir++) {
		body_clear(&t->body[dir], a);
		http_head_clear(a, &t->head[dir]);
		unpack_free(a, t->unpack[dir]);
		t->unpack[dir] = NULL;
	}
	body_clear(&t->file, a);
	range_drop(a, &t->range);
	body_clear(&t->whole, a);
	http_coding_clear(a, t);
	http_parts_clear(a, t);
	app_drop(a, &t->uri);
}

/* ---- bytes ---- */

static struct http *
set_up(void *state, struct app *a)
{
	struct http *s = state;

	s->app = a;
	if (!s->conf) {
		s->conf = app_conf(a);
		s->side[TO_SERVER].state = http_request_idle;
		s->side[TO_CLIENT].state = http_response_idle;
	}
	return s;
}

/* Does this state take a gap? */
static bool
takes_gap(http_state state)
{
	return state == http_request_identity || state == http_request_ignored || state == http_response_identity || state == http_response_stream;
}

/* One step over a gap. Where it would have to be guessed what is missing, what follows is read as if nothing were. */
static enum http_step
step_over(struct http *s, struct http_side *d)
{
	if (takes_gap(d->state))
		return d->state(s);
	if (d->state == http_request_last)
		return http_request_complete(s);
	if (d->state == http_response_last)
		return http_response_complete(s);
	http_note(s, d->tx, HTTP_EV_NONE);
	return HTTP_MORE;
}

/* After a step that did not say that the next one may follow. */
static enum http_step
end_of_run(struct http *s, int dir, enum http_step r)
{
	struct http_side *d = &s->side[dir];

	if (http_keep(s, dir) < 0 || r == HTTP_FAIL || (r == HTTP_HOLD && http_hold(s, dir) < 0)) {
		d->status = HTTP_ERROR;
		return HTTP_FAIL;
	}
	d->status = r == HTTP_WAIT && d->at < d->n ? HTTP_WAITING : HTTP_OPEN;
	return d->status == HTTP_WAITING ? HTTP_WAIT : HTTP_MORE;
}

static enum http_step
run_side(struct http *s, int dir, const uint8_t *p, uint32_t n)
{
	struct http_side *d = &s->side[dir];
	enum http_step r = HTTP_NEXT;

	if (!d->tx && d->state != (dir == TO_SERVER ? http_request_idle : http_response_idle))
		d->status = HTTP_ERROR;
	if (d->status == HTTP_ERROR) {
		http_note(s, NULL, HTTP_EV_NONE);
		return HTTP_FAIL;
	}
	d->p = p;
	d->n = n;
	d->at = d->from = d->kept = 0;
	if (dir == TO_SERVER && s->side[TO_CLIENT].status == HTTP_WAITING)
		s->side[TO_CLIENT].status = HTTP_OPEN;
	while (r == HTTP_NEXT && d->status != HTTP_TUNNEL)
		r = !p && n ? step_over(s, d) : d->state(s);
	return d->status == HTTP_TUNNEL && r != HTTP_FAIL ? HTTP_MORE : end_of_run(s, dir, r);
}

/* Line ends too many after a message are nobody's (RFC 9112 section 2.2). */
static uint32_t
past_line_ends(const struct http_side *d)
{
	uint32_t at = d->at;

	while (d->p && at < d->n && (d->p[at] == '\r' || d->p[at] == '\n'))
		at++;
	return at;
}

static int
run(struct http *s, int dir, const uint8_t *p, uint32_t n)
{
	struct http_side *d = &s->side[dir];
	enum http_step r = run_side(s, dir, p, n);
	uint32_t done = r == HTTP_WAIT || s->app->upgrading ? past_line_ends(d) : n;

	d->p = NULL;
	d->at = d->n = 0;
	return r == HTTP_FAIL || s->app->tx_open > s->conf->max_tx ? -1 : (int) done;
}

static int
feed(struct app *a, void *state, int dir, struct span bytes)
{
	return run(set_up(state, a), dir, bytes.p, bytes.n);
}

static int
gap(struct app *a, void *state, int dir, uint32_t n)
{
	return run(set_up(state, a), dir, NULL, n);
}

static void
close_side(struct http *s, int dir)
{
	if (s->side[dir].status != HTTP_ERROR)
		s->side[dir].status = HTTP_CLOSED;
	run_side(s, dir, NULL, 0);
}

/* The end of responses is that of the connection. */
static void
eof(struct app *a, void *state, int dir)
{
	struct http *s = set_up(state, a);

	if (s->closed[dir])
		return;
	s->closed[dir] = true;
	close_side(s, TO_SERVER);
	if (dir == TO_CLIENT)
		close_side(s, TO_CLIENT);
}

static void
clear(struct app *a, void *state)
{
	struct http *s = state;

	app_drop(a, &s->side[0].held);
	app_drop(a, &s->side[1].held);
	app_drop(a, &s->saved);
}

/* ---- probing ---- */

static const char *const methods[] = { "GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT", "DELETE", "TRACE", "PATCH",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "CHECKOUT", "UNCHECKOUT", "CHECKIN",
	"UPDATE", "LABEL", "REPORT", "MKWORKSPACE", "MKACTIVITY", "MERGE", "INVALID", "VERSION-CONTROL",
	"BASELINE-CONTROL" };

/* Does s begin with the text? PROBE_MORE: as far as it goes. */
static enum app_probe
begins(struct span s, const char *text)
{
	uint32_t n = (uint32_t) strlen(text), have = s.n < n ? s.n : n;

	if (strncasecmp((const char *) s.p, text, have) != 0)
		return PROBE_NO;
	return s.n < n ? PROBE_MORE : PROBE_YES;
}

/* SIP has OPTIONS too. */
static enum app_probe
not_sip(struct span after)
{
	enum app_probe r = begins(after, "sip:"), sips = begins(after, "sips:");

	if (r == PROBE_YES || sips == PROBE_YES)
		return PROBE_NO;
	return after.n < 5 && (r == PROBE_MORE || sips == PROBE_MORE) ? PROBE_MORE : PROBE_YES;
}

static enum app_probe
probe_method(struct span s, const char *method)
{
	enum app_probe r = begins(s, method);
	uint32_t n = (uint32_t) strlen(method);

	if (r != PROBE_YES)
		return r;
	if (s.n == n)
		return PROBE_MORE;
	if (s.p[n] != ' ' && s.p[n] != '\t')
		return PROBE_NO;
	return strcmp(method, "OPTIONS") == 0 ? not_sip(span_skip(s, n + 1)) : PROBE_YES;
}

static enum app_probe
probe_request(struct span s)
{
	enum app_probe sum = PROBE_NO;

	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		enum app_probe r = probe_method(s, methods[i]);

		if (r == PROBE_YES)
			return r;
		if (r == PROBE_MORE)
			sum = r;
	}
	return sum;
}

static enum app_probe
probe_response(struct span s)
{
	static const char *const versions[] = { "HTTP/1.1", "HTTP/1.0", "HTTP/0.9" };
	enum app_probe sum = PROBE_NO;

	for (unsigned i = 0; i < 3; i++) {
		enum app_probe r = begins(s, versions[i]);

		if (r != PROBE_NO)
			sum = r;
		if (r == PROBE_YES)
			break;
	}
	return sum;
}

static enum app_probe
probe(struct span first, int dir, uint8_t transport)
{
	enum app_probe r = dir == TO_SERVER ? probe_request(first) : probe_response(first);
	enum app_probe other = PROBE_NO;

	if (r == PROBE_NO)
		other = dir == TO_SERVER ? probe_response(first) : probe_request(first);
	return other == PROBE_YES ? PROBE_REVERSED : other == PROBE_MORE ? PROBE_MORE : r;
}

static const char *const request_progress[] = { "request_started", "request_line", "request_headers", "request_body",
	"request_trailer", "request_complete", NULL };
static const char *const response_progress[] = { "response_started", "response_line", "response_headers",
	"response_body", "response_trailer", "response_complete", NULL };

static uint64_t
passes_over(const void *state, int dir)
{
	const struct http *s = state;
	const struct http_side *d = &s->side[dir];

	if (d->status != HTTP_OPEN || !d->tx || !d->tx->unread[dir])
		return 0;
	return dir == TO_SERVER ? http_request_passes(s) : http_response_passes(s);
}

const struct protocol protocol_http = {
	.name = "http",
	.aliases = "http1",
	.upper_events = true,
	.spec = "RFC 9110, RFC 9112",
	.transport = APP_TCP,
	.ports = { "80,8080,8000,3128" },
	.probe_min = 1,
	.probe_max = 24,
	.probe = probe,
	.conf_size = sizeof(struct http_conf),
	.configure = http_conf_read,
	.state_size = sizeof(struct http),
	.tx_size = sizeof(struct http_tx),
	.done = { HTTP_COMPLETE, HTTP_COMPLETE },
	.progress_names = { request_progress, response_progress },
	.max_record = 262144,
	.feed = feed,
	.passes_over = passes_over,
	.gap = gap,
	.eof = eof,
	.tx_clear = tx_clear,
	.clear = clear,
	.fields = http_fields,
	.frames = frames,
	.events = http_events,
	.log = http_log,
	.header = http_header,
	.file = http_file,
};
