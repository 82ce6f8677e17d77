/*
 * http - HTTP/0.9 to 1.1 over TCP, parsed by libhtp.
 *
 * Thread:    the worker's.
 * Memory:    ours from the pool. libhtp takes its own from the heap while it parses: the one parser that does;
 *            what it takes is bounded by its field limits, the number of headers and max-tx.
 * Owns:      the libhtp connection of a flow.
 * Not here:  settings -> http_conf.c   fields -> http_fields.c   events -> http_event.c   log -> http_log.c
 *
 * Sources: RFC 9110, RFC 9112; libhtp 0.5 (https://github.com/OISF/libhtp). libhtp calls us back while it reads;
 * a struct http_tx hangs on each of its transactions as user data. A transaction that was freed before libhtp is
 * done with it carries `gone` instead, and is ignored from then on.
 */
#include "engine/app/protocols/http.h"

#include <strings.h>

#define RAW_MAX 65536u /* raw header bytes kept of a message */
#define URI_MAX 65536u

static char gone;

static struct http *
state_of(const htp_tx_t *h)
{
	return htp_connp_get_user_data(h->connp);
}

/* Ours of libhtp's, made when it is new; NULL: no memory, or freed already. */
static struct http_tx *
tx_of(htp_tx_t *h)
{
	void *user = htp_tx_get_user_data(h);
	struct http *s = state_of(h);
	struct http_tx *t = user;

	if (user || user == &gone)
		return user == &gone ? NULL : t;
	t = (struct http_tx *) app_tx_new(s->app);
	if (!t)
		return NULL;
	t->h = h;
	for (int dir = 0; dir < 2; dir++) {
		t->body[dir].inspect_min = s->conf->inline_body ? 0 : (uint32_t) s->conf->limits[dir].inspect_min;
		t->body[dir].inspect_window = (uint32_t) s->conf->limits[dir].inspect_window;
	}
	t->file.inspect_min = t->body[TO_SERVER].inspect_min;
	t->file.inspect_window = t->body[TO_SERVER].inspect_window;
	htp_tx_set_user_data(h, t);
	return t;
}

/* ---- frames ---- */

enum { FRAME_REQUEST, FRAME_RESPONSE };
static const struct app_frame_type frames[] = {
	[FRAME_REQUEST] = { "request", "a request: line, headers and body" },
	[FRAME_RESPONSE] = { "response", "a response: line, headers and body" },
	{ NULL, NULL },
};

/* Where libhtp is in the direction's stream. */
static uint64_t
place(const struct http *s, int dir)
{
	size_t n = dir == TO_SERVER ? htp_connp_req_data_consumed(s->connp) : htp_connp_res_data_consumed(s->connp);

	return s->app->taken[dir] + n;
}

/* libhtp has looked into what follows a message before it says that the message is complete. */
static void
frame_end(struct http *s, int dir, const struct http_tx *t)
{
	unsigned type = dir == TO_SERVER ? FRAME_REQUEST : FRAME_RESPONSE;
	enum htp_transfer_coding_t coding = dir == TO_SERVER ? t->h->request_transfer_coding : t->h->response_transfer_coding;
	int64_t length = dir == TO_SERVER ? t->h->request_content_length : t->h->response_content_length;
	uint64_t end = place(s, dir);

	if (t->head_end[dir] && (coding == HTP_CODING_NO_BODY || (coding == HTP_CODING_IDENTITY && length >= 0)))
		end = t->head_end[dir] + (coding == HTP_CODING_IDENTITY ? (uint64_t) length : 0);
	s->ended[dir] = end;
	app_frame_end(s->app, dir, type, end);
	app_frame_tx(s->app, dir, type, &t->tx);
}

/* ---- chunks ---- */

/* Up to where libhtp is. */
static void
read_chunks(struct http *s, int dir, htp_tx_t *h, uint64_t to)
{
	struct http_tx *t = h && htp_tx_get_user_data(h) != &gone ? htp_tx_get_user_data(h) : NULL;

	if (s->now.n && http_chunks_read(s, dir, s->now, s->now_at, to))
		app_event(s->app, t ? &t->tx : NULL, dir == TO_SERVER ? HTTP_EV_CHUNK_EXT : HTTP_EV_RES_CHUNK_EXT);
}

static void
headers_end(struct http *s, int dir, struct http_tx *t)
{
	t->head_end[dir] = place(s, dir);
	if ((dir == TO_SERVER ? t->h->request_transfer_coding : t->h->response_transfer_coding) == HTP_CODING_CHUNKED)
		http_chunks_begin(s, dir, t->head_end[dir]);
}

static void
message_end(struct http *s, int dir, const struct http_tx *t)
{
	frame_end(s, dir, t);
	read_chunks(s, dir, t->h, place(s, dir));
	http_chunks_end(s, dir);
}

/* ---- called by libhtp ---- */

static int
on_start(htp_tx_t *h, int dir)
{
	bool had = htp_tx_get_user_data(h) != NULL;
	struct http *s = state_of(h);

	app_frame_from(s->app, dir, dir == TO_SERVER ? FRAME_REQUEST : FRAME_RESPONSE, s->ended[dir] ? s->ended[dir] : place(s, dir),
	    FRAME_OPEN, NULL);
	return tx_of(h) || had ? HTP_OK : HTP_ERROR;
}

static int
on_request_start(htp_tx_t *h)
{
	return on_start(h, TO_SERVER);
}

static int
on_response_start(htp_tx_t *h)
{
	return on_start(h, TO_CLIENT);
}

static int
on_request_line(htp_tx_t *h)
{
	struct http_tx *t = tx_of(h);
	struct http *s = state_of(h);

	if (!t)
		return HTP_OK;
	if (!t->counted[TO_SERVER])
		app_count_request(s->app);
	t->counted[TO_SERVER] = true;
	http_normalise_uri(s, t);
	http_request_flags(t);
	return HTP_OK;
}

static int
on_response_line(htp_tx_t *h)
{
	struct http_tx *t = tx_of(h);
	bool interim = h->response_status_number >= 100 && h->response_status_number < 200;

	if (!t || t->counted[TO_CLIENT] || interim)
		return HTP_OK;
	t->counted[TO_CLIENT] = true;
	app_count_response(state_of(h)->app, h->response_status_number >= 500);
	return HTP_OK;
}

static int
keep_raw(htp_tx_data_t *d, int dir)
{
	struct http_tx *t = tx_of(d->tx);
	struct span s = span_of(d->data, d->data ? d->len : 0);

	if (!t || !s.n)
		return HTP_OK;
	t->tx.renewed[dir] = true; /* also a trailer's */
	if (t->raw[dir].n < RAW_MAX)
		app_keep(state_of(d->tx)->app, &t->raw[dir], span_head(s, RAW_MAX - t->raw[dir].n), RAW_MAX);
	return HTP_OK;
}

static int
on_request_header_data(htp_tx_data_t *d)
{
	return keep_raw(d, TO_SERVER);
}

static int
on_response_header_data(htp_tx_data_t *d)
{
	return keep_raw(d, TO_CLIENT);
}

/* POST and PUT send files: the body itself, or parts of it. */
static int
on_request_headers(htp_tx_t *h)
{
	const htp_header_t *ce;
	enum unpack_kind kind;
	struct http_tx *t = tx_of(h);

	if (!t)
		return HTP_OK;
	headers_end(state_of(h), TO_SERVER, t);
	http_request_flags(t);
	ce = htp_table_get_c(h->request_headers, "content-encoding");
	kind = ce ? unpack_kind_of(http_span(ce->value)) : UNPACK_NONE;
	if (kind != UNPACK_NONE && !t->unpack[TO_SERVER])
		t->unpack[TO_SERVER] = unpack_new(state_of(h)->app, kind);
	if (h->request_method_number == HTP_M_POST)
		http_multipart_begin(state_of(h)->app, t);
	return HTP_OK;
}

static int
on_response_headers(htp_tx_t *h)
{
	const htp_header_t *ce;
	bool brotli;
	struct http_tx *t = tx_of(h);

	if (!t)
		return HTP_OK;
	headers_end(state_of(h), TO_CLIENT, t);
	ce = htp_table_get_c(h->response_headers, "content-encoding");
	brotli = ce && unpack_kind_of(http_span(ce->value)) == UNPACK_BROTLI; /* the others are libhtp's */
	state_of(h)->known_coding = brotli || (ce && bstr_cmp_c_nocase(ce->value, "identity") == 0);
	if (brotli && !t->unpack[TO_CLIENT])
		t->unpack[TO_CLIENT] = unpack_new(state_of(h)->app, UNPACK_BROTLI);
	http_look_for_upgrade(state_of(h), h);
	return HTP_OK;
}

/* Bytes of a request's body, unpacked, to the body and to the file it may be. */
static void
take_request_body(void *arg, struct span bytes)
{
	struct http_tx *t = arg;
	struct http *s = state_of(t->h);
	uint64_t limit = s->conf->limits[TO_SERVER].body;

	body_add(&t->body[TO_SERVER], s->app, bytes, limit);
	if (t->multipart)
		http_multipart_feed(s->app, t, bytes, limit);
	else if (t->h->request_method_number == HTP_M_POST || t->h->request_method_number == HTP_M_PUT) {
		file_begin(s->app, &t->tx, &t->file, TO_SERVER);
		body_add(&t->file, s->app, bytes, limit);
	}
}

static void
take_response_body(void *arg, struct span bytes)
{
	struct http_tx *t = arg;
	struct http *s = state_of(t->h);

	body_add(&t->body[TO_CLIENT], s->app, bytes, s->conf->limits[TO_CLIENT].body);
	range_add(s->app, &t->range, bytes);
}

/* What is not what its coding says stays as it came; libhtp 0.5 would guess another one. */
static void
take_body(struct http *s, struct http_tx *t, int dir, struct span bytes)
{
	void (*take)(void *, struct span) = dir == TO_SERVER ? take_request_body : take_response_body;
	uint64_t before = t->body[dir].total;
	enum unpack_result r;

	if (!t->unpack[dir]) {
		take(t, bytes);
		return;
	}
	r = unpack_feed(t->unpack[dir], bytes, s->conf->bomb, take, t);
	if (r == UNPACK_OK)
		return;
	app_event(s->app, &t->tx, r == UNPACK_BOMB ? HTTP_EV_BOMB : HTTP_EV_GZIP_FAILED);
	unpack_free(s->app, t->unpack[dir]);
	t->unpack[dir] = NULL;
	if (r == UNPACK_FAILED && before == t->body[dir].total)
		take(t, bytes);
}

static int
on_request_body(htp_tx_data_t *d)
{
	struct http_tx *t = tx_of(d->tx);
	struct http *s = state_of(d->tx);
	struct span bytes = span_of(d->data, d->data ? d->len : 0);

	if (t && !d->data && d->len) {
		body_gap(&t->body[TO_SERVER], s->app, d->len);
		body_gap(&t->file, s->app, d->len);
		http_multipart_gap(s->app, t, d->len);
	}
	if (!t || !bytes.n)
		return HTP_OK;
	take_body(s, t, TO_SERVER, bytes);
	return HTP_OK;
}

static int
on_response_body(htp_tx_data_t *d)
{
	struct http_tx *t = tx_of(d->tx);
	struct http *s = state_of(d->tx);

	if (!t)
		return HTP_OK;
	file_begin(s->app, &t->tx, &t->body[TO_CLIENT], TO_CLIENT);
	if (d->len && !t->body[TO_CLIENT].total)
		http_range_begin(s->app, t);
	if (!d->data && d->len) {
		body_gap(&t->body[TO_CLIENT], s->app, d->len);
		range_gap(&t->range, d->len);
	} else if (d->len) {
		take_body(s, t, TO_CLIENT, span_of(d->data, d->len));
	}
	return HTP_OK;
}

static int
on_request_complete(htp_tx_t *h)
{
	struct http_tx *t = tx_of(h);

	if (!t)
		return HTP_OK;
	message_end(state_of(h), TO_SERVER, t);
	http_request_flags(t);
	if (t->multipart)
		http_multipart_end(state_of(h)->app, t);
	t->body[TO_SERVER].eof = t->file.eof = true;
	return HTP_OK;
}

/* CONNECT: what follows is something else. */
static int
on_response_complete(htp_tx_t *h)
{
	struct http_tx *t = tx_of(h);
	struct app *a = state_of(h)->app;
	int status = h->response_status_number;

	if (!t)
		return HTP_OK;
	message_end(state_of(h), TO_CLIENT, t);
	t->body[TO_CLIENT].eof = true;
	range_end(a, &t->range, &t->tx, &t->whole);
	if (h->request_method_number == HTP_M_CONNECT && status >= 200 && status < 300)
		app_upgrade(a, NULL);
	return HTP_OK;
}

void
http_hooks(htp_cfg_t *cfg)
{
	htp_config_register_request_start(cfg, on_request_start);
	htp_config_register_request_line(cfg, on_request_line);
	htp_config_register_request_header_data(cfg, on_request_header_data);
	htp_config_register_request_trailer_data(cfg, on_request_header_data);
	htp_config_register_request_headers(cfg, on_request_headers);
	htp_config_register_request_body_data(cfg, on_request_body);
	htp_config_register_request_complete(cfg, on_request_complete);
	htp_config_register_response_start(cfg, on_response_start);
	htp_config_register_response_line(cfg, on_response_line);
	htp_config_register_response_header_data(cfg, on_response_header_data);
	htp_config_register_response_trailer_data(cfg, on_response_header_data);
	htp_config_register_response_headers(cfg, on_response_headers);
	htp_config_register_response_body_data(cfg, on_response_body);
	htp_config_register_response_complete(cfg, on_response_complete);
}

/* ---- called by the framework ---- */

static bool
set_up(struct http *s, struct app *a)
{
	s->app = a;
	if (s->connp)
		return true;
	s->conf = app_conf(a);
	s->connp = s->conf->cfg ? htp_connp_create(s->conf->cfg) : NULL;
	if (!s->connp)
		return false;
	htp_connp_set_user_data(s->connp, s);
	htp_connp_open(s->connp, NULL, a->port[TO_SERVER], NULL, a->port[TO_CLIENT], NULL);
	return true;
}

/* libhtp's progress becomes ours; it moves on its own in between the callbacks. */
static void
note_progress(struct http *s)
{
	for (struct tx *tx = s->app->first; tx; tx = tx->next) {
		struct http_tx *t = (struct http_tx *) tx;

		if (tx->proto != s->app->proto || !t->h)
			continue;
		if (tx->progress[0] != t->h->request_progress || tx->progress[1] != t->h->response_progress)
			tx->last_ts = s->app->now;
		tx->progress[TO_SERVER] = (uint8_t) t->h->request_progress;
		tx->progress[TO_CLIENT] = (uint8_t) t->h->response_progress;
	}
}

/* Line ends too many after a message are nobody's (RFC 9112 section 2.2). */
static size_t
past_line_ends(const uint8_t *p, size_t at, size_t n)
{
	while (p && at < n && (p[at] == '\r' || p[at] == '\n'))
		at++;
	return at;
}

static int
give_to_libhtp(struct http *s, int dir, const void *p, size_t n)
{
	htp_time_t ts = { .tv_sec = s->app->now / 1000000000, .tv_usec = s->app->now / 1000 % 1000000 };
	int r;

	s->now = span_of(p, p ? (uint32_t) n : 0);
	s->now_at = s->app->taken[dir];
	r = dir == TO_SERVER ? htp_connp_req_data(s->connp, &ts, p, n) : htp_connp_res_data(s->connp, &ts, p, n);
	read_chunks(s, dir, dir == TO_SERVER ? htp_connp_get_in_tx(s->connp) : htp_connp_get_out_tx(s->connp), place(s, dir));
	s->now = SPAN_NONE;
	http_take_messages(s);
	note_progress(s);
	if (r == HTP_STREAM_ERROR || s->app->tx_open > s->conf->max_tx)
		return -1;
	if (r != HTP_STREAM_DATA_OTHER && !s->app->upgrading)
		return (int) n;
	return (int) past_line_ends(p, dir == TO_SERVER ? htp_connp_req_data_consumed(s->connp) : htp_connp_res_data_consumed(s->connp), n);
}

static int
feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct http *s = state;

	return set_up(s, a) ? give_to_libhtp(s, dir, bytes.p, bytes.n) : -1;
}

/* libhtp takes a gap inside a body, and gives up where it would have to guess. */
static int
gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct http *s = state;

	return set_up(s, a) ? give_to_libhtp(s, dir, NULL, n) : -1;
}

static void
eof(struct app *a, void *state, int dir)
{
	struct http *s = state;
	htp_time_t ts = { .tv_sec = a->now / 1000000000, .tv_usec = a->now / 1000 % 1000000 };

	if (!set_up(s, a) || s->closed[dir])
		return;
	s->closed[dir] = true;
	if (dir == TO_SERVER)
		htp_connp_req_close(s->connp, &ts);
	else
		htp_connp_close(s->connp, &ts);
	http_take_messages(s);
	note_progress(s);
}

static void
tx_clear(struct app *a, struct tx *tx)
{
	struct http_tx *t = (struct http_tx *) tx;
	htp_tx_t *h = t->h;

	t->h = NULL;
	if (t->multipart)
		http_multipart_end(a, t);
	for (int dir = 0; dir < 2; dir++) {
		body_clear(&t->body[dir], a);
		app_drop(a, &t->raw[dir]);
	}
	body_clear(&t->file, a);
	range_drop(a, &t->range);
	body_clear(&t->whole, a);
	for (int dir = 0; dir < 2; dir++) {
		unpack_free(a, t->unpack[dir]);
		t->unpack[dir] = NULL;
	}
	http_parts_clear(a, t);
	app_drop(a, &t->uri);
	if (!h)
		return;
	htp_tx_set_user_data(h, &gone);
	if (h->request_progress == HTP_REQUEST_COMPLETE && h->response_progress == HTP_RESPONSE_COMPLETE)
		htp_tx_destroy(h); /* others go with the connection: libhtp may still be in the middle of them */
}

static void
clear(struct app *a, void *state)
{
	struct http *s = state;

	s->app = a;
	if (s->connp)
		htp_connp_destroy_all(s->connp);
	s->connp = NULL;
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
	.unconfigure = http_conf_clear,
	.state_size = sizeof(struct http),
	.tx_size = sizeof(struct http_tx),
	.done = { HTTP_COMPLETE, HTTP_COMPLETE },
	.progress_names = { request_progress, response_progress },
	.max_record = 262144,
	.feed = feed,
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
