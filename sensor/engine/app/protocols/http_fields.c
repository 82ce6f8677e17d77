/*
 * http_fields - what rules may look at in an HTTP transaction.
 *
 * Thread:    the worker's.
 * Memory:    spans into the transaction, or put together in the packet's scratch arena.
 * Owns:      nothing.
 * Not here:  when they are looked at -> engine/detect
 *
 * The shape of the buffers (which headers, in what order, what between them) is Suricata's; user guide, chapter
 * "HTTP Keywords".
 */
#include "engine/app/protocols/http.h"

#include <strings.h>

static const struct http_tx *
of(const struct tx *tx)
{
	return (const struct http_tx *) tx;
}

static bool
give(struct span s, struct span *out)
{
	*out = s;
	return s.p != NULL;
}

static const struct http_head *
head_of(const struct tx *tx, int dir)
{
	return &of(tx)->head[dir];
}

/* ---- the first line ---- */

static bool
get_uri(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(bytes_span(&of(tx)->uri), out);
}

static bool
get_uri_raw(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_target_text(of(tx)), out);
}

static bool
get_method(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_get(head_of(tx, TO_SERVER), of(tx)->method_name), out);
}

static bool
get_request_line(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_get(head_of(tx, TO_SERVER), head_of(tx, TO_SERVER)->line), out);
}

static bool
get_response_line(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_get(head_of(tx, TO_CLIENT), head_of(tx, TO_CLIENT)->line), out);
}

static bool
get_protocol(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_get(head_of(tx, dir), head_of(tx, dir)->protocol), out);
}

static bool
get_stat_code(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_get(head_of(tx, TO_CLIENT), of(tx)->status_name), out);
}

static bool
get_stat_msg(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_get(head_of(tx, TO_CLIENT), of(tx)->reason), out);
}

static bool
get_urilen(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->uri.n;
	return of(tx)->uri.p != NULL;
}

/* ---- hosts ---- */

/* With a port it is kept as it was sent. */
static bool
get_host(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct span host = http_get(head_of(tx, TO_SERVER), of(tx)->host);
	uint8_t *lower = host.p ? arena_alloc(scratch, host.n + 1u) : NULL;

	for (uint32_t k = 0; lower && k < host.n; k++)
		lower[k] = byte_lower(host.p[k]);
	*out = span_of(lower, host.n);
	return lower != NULL;
}

static bool
get_host_raw(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	if (of(tx)->target_host.at)
		return give(http_get(head_of(tx, TO_SERVER), of(tx)->target_host), out);
	return give(http_value(head_of(tx, TO_SERVER), HTTP_HOST), out);
}

/* ---- one header ---- */

#define NAMED(fn, name)                                                                                        \
	static bool fn(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)      \
	{                                                                                                      \
		return give(http_value(head_of(tx, dir), name), out);                                          \
	}
NAMED(get_user_agent, HTTP_USER_AGENT)
NAMED(get_referer, HTTP_REFERER)
NAMED(get_accept, HTTP_ACCEPT)
NAMED(get_accept_enc, HTTP_ACCEPT_ENCODING)
NAMED(get_accept_lang, HTTP_ACCEPT_LANGUAGE)
NAMED(get_connection, HTTP_CONNECTION)
NAMED(get_content_type, HTTP_CONTENT_TYPE)
NAMED(get_content_len, HTTP_CONTENT_LENGTH)
NAMED(get_server, HTTP_SERVER)
NAMED(get_location, HTTP_LOCATION)

static bool
get_cookie(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(http_value(head_of(tx, dir), dir == TO_SERVER ? HTTP_COOKIE : HTTP_SET_COOKIE), out);
}

/* ---- all headers ---- */

/* Index of the header with the cookies; headers of the same name are one. */
static unsigned
cookies_at(const struct http_head *h, int dir)
{
	return h->known[dir == TO_SERVER ? HTTP_COOKIE : HTTP_SET_COOKIE] - 1u;
}

struct text {
	uint8_t *p;
	uint32_t n, cap;
};

static bool
text_new(struct text *t, struct arena *scratch, size_t cap)
{
	*t = (struct text) { cap < UINT32_MAX ? arena_alloc(scratch, cap + 1) : NULL, 0, (uint32_t) cap };
	return t->p != NULL;
}

static void
text_add(struct text *t, struct span s)
{
	if (s.n > t->cap - t->n)
		s.n = t->cap - t->n;
	if (s.n)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

static size_t
headers_size(const struct http_head *h)
{
	size_t n = 0;

	for (unsigned i = 0; i < h->n; i++)
		n += (size_t) h->v[i].name.n + h->v[i].value.n + 4;
	return n;
}

/* All but the one at `but`. */
static void
text_headers(struct text *t, const struct http_head *h, unsigned but)
{
	for (unsigned i = 0; i < h->n; i++) {
		if (i == but)
			continue;
		text_add(t, http_get(h, h->v[i].name));
		text_add(t, SPAN_LIT(": "));
		text_add(t, http_get(h, h->v[i].value));
		text_add(t, SPAN_LIT("\r\n"));
	}
}

static bool
get_header(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct http_head *h = head_of(tx, dir);
	size_t n = headers_size(h);
	struct text t;

	if (!n || !text_new(&t, scratch, n))
		return false;
	text_headers(&t, h, cookies_at(h, dir));
	*out = span_of(t.p, t.n);
	return t.n > 0;
}

static bool
get_header_raw(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct http_head *h = head_of(tx, dir);

	*out = h->raw ? span_head(span_skip(bytes_span(&h->text), h->raw - 1), HTTP_RAW_MAX) : SPAN_NONE;
	return out->n > 0;
}

/* "\r\nHost\r\nUser-Agent\r\n\r\n" */
static bool
get_header_names(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct http_head *h = head_of(tx, dir);
	size_t n = headers_size(h);
	struct text t;

	if (!n || !text_new(&t, scratch, n + 4))
		return false;
	text_add(&t, SPAN_LIT("\r\n"));
	for (unsigned k = 0; k < h->n; k++) {
		text_add(&t, http_get(h, h->v[k].name));
		text_add(&t, SPAN_LIT("\r\n"));
	}
	text_add(&t, SPAN_LIT("\r\n"));
	*out = span_of(t.p, t.n);
	return true;
}

/* first line, headers, empty line */
static bool
get_start(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct http_head *h = head_of(tx, dir);
	struct span line = http_get(h, h->line);
	struct text t;

	if (!line.p || !text_new(&t, scratch, headers_size(h) + line.n + 4))
		return false;
	text_add(&t, line);
	text_add(&t, SPAN_LIT("\r\n"));
	text_headers(&t, h, UINT32_MAX);
	text_add(&t, SPAN_LIT("\r\n"));
	*out = span_of(t.p, t.n);
	return true;
}

/* "Name: value", one a header */
static bool
get_one_header(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct http_head *h = head_of(tx, dir);
	struct text t;

	if (i >= h->n || !text_new(&t, scratch, (size_t) h->v[i].name.n + h->v[i].value.n + 2))
		return false;
	text_add(&t, http_get(h, h->v[i].name));
	text_add(&t, SPAN_LIT(": "));
	text_add(&t, http_get(h, h->v[i].value));
	*out = span_of(t.p, t.n);
	return true;
}

/* ---- bodies ---- */

static struct body *
get_body(struct tx *tx, int dir)
{
	return &((struct http_tx *) tx)->body[dir];
}

static bool
get_file_name(const struct tx *tx, int dir, unsigned index, struct arena *scratch, struct span *out)
{
	struct app_file f;

	if (!http_file(tx, dir, index, &f))
		return false;
	*out = f.name;
	return true;
}

/* Direction and the progress from which on the field is whole; a body may be looked at. */
#define REQ(p) .dirs = 1, .progress = { (p), 0 }, .whole = true
#define RES(p) .dirs = 2, .progress = { 0, (p) }, .whole = true
#define BOTH(p) .dirs = 3, .progress = { (p), (p) }, .whole = true

const struct field http_fields[] = {
	{ .name = "http.uri", .modifier = "http_uri", .bytes = get_uri, REQ(HTTP_HEADERS),
	    .help = "path and query of the request, percent-decoded and normalised" },
	{ .name = "http.uri.raw", .modifier = "http_raw_uri", .bytes = get_uri_raw, REQ(HTTP_HEADERS),
	    .help = "the request target as it was sent" },
	{ .name = "http.method", .modifier = "http_method", .bytes = get_method, REQ(HTTP_HEADERS),
	    .help = "request method" },
	{ .name = "http.request_line", .aliases = "http_request_line", .bytes = get_request_line, REQ(HTTP_HEADERS),
	    .help = "the whole request line" },
	{ .name = "http.protocol", .aliases = "http_protocol", .bytes = get_protocol, BOTH(HTTP_HEADERS),
	    .help = "protocol and version of the first line" },
	{ .name = "http.host", .modifier = "http_host", .bytes = get_host, REQ(HTTP_BODY),
	    .help = "host name asked for, lower case, without port" },
	{ .name = "http.host.raw", .modifier = "http_raw_host", .bytes = get_host_raw, REQ(HTTP_BODY),
	    .help = "host name as it was sent" },
	{ .name = "http.header", .modifier = "http_header", .bytes = get_header, BOTH(HTTP_BODY),
	    .help = "all headers but cookies, \"Name: value\" lines" },
	{ .name = "http.header.raw", .modifier = "http_raw_header", .bytes = get_header_raw, BOTH(HTTP_BODY),
	    .help = "header bytes as they were sent" },
	{ .name = "http.header_names", .aliases = "http_header_names", .bytes = get_header_names, BOTH(HTTP_BODY),
	    .help = "names of the headers, one a line" },
	{ .name = "http.request_header", .kind = FIELD_MULTI, .bytes = get_one_header, REQ(HTTP_BODY),
	    .help = "each request header, \"Name: value\"" },
	{ .name = "http.response_header", .kind = FIELD_MULTI, .bytes = get_one_header, RES(HTTP_BODY),
	    .help = "each response header, \"Name: value\"" },
	{ .name = "http.user_agent", .modifier = "http_user_agent", .bytes = get_user_agent, REQ(HTTP_BODY),
	    .help = "User-Agent" },
	{ .name = "http.cookie", .modifier = "http_cookie", .bytes = get_cookie, BOTH(HTTP_BODY),
	    .help = "Cookie, Set-Cookie" },
	{ .name = "http.referer", .aliases = "http_referer", .bytes = get_referer, REQ(HTTP_BODY), .help = "Referer" },
	{ .name = "http.accept", .aliases = "http_accept", .bytes = get_accept, REQ(HTTP_BODY), .help = "Accept" },
	{ .name = "http.accept_enc", .aliases = "http_accept_enc", .bytes = get_accept_enc, REQ(HTTP_BODY),
	    .help = "Accept-Encoding" },
	{ .name = "http.accept_lang", .aliases = "http_accept_lang", .bytes = get_accept_lang, REQ(HTTP_BODY),
	    .help = "Accept-Language" },
	{ .name = "http.connection", .aliases = "http_connection", .bytes = get_connection, BOTH(HTTP_BODY),
	    .help = "Connection" },
	{ .name = "http.content_type", .aliases = "http_content_type", .bytes = get_content_type, BOTH(HTTP_BODY),
	    .help = "Content-Type" },
	{ .name = "http.content_len", .aliases = "http_content_len", .bytes = get_content_len, BOTH(HTTP_BODY),
	    .help = "Content-Length as text" },
	{ .name = "http.server", .bytes = get_server, RES(HTTP_BODY), .help = "Server" },
	{ .name = "http.location", .bytes = get_location, RES(HTTP_BODY), .help = "Location" },
	{ .name = "http.stat_code", .modifier = "http_stat_code", .bytes = get_stat_code, RES(HTTP_HEADERS),
	    .help = "status code as text" },
	{ .name = "http.stat_msg", .modifier = "http_stat_msg", .bytes = get_stat_msg, RES(HTTP_HEADERS),
	    .help = "text after the status code" },
	{ .name = "http.response_line", .aliases = "http_response_line", .bytes = get_response_line,
	    RES(HTTP_HEADERS), .help = "the whole status line" },
	{ .name = "http.start", .aliases = "http_start", .bytes = get_start, BOTH(HTTP_BODY),
	    .help = "first line and headers" },
	{ .name = "http.request_body", .modifier = "http_client_body", .kind = FIELD_BODY, .body = get_body,
	    REQ(HTTP_BODY), .help = "body of the request" },
	{ .name = "http.response_body", .modifier = "http_server_body", .kind = FIELD_BODY, .body = get_body,
	    .message = 2, RES(HTTP_BODY), .help = "body of the response, unpacked" },
	FILE_MAGIC_FIELD,
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .bodies = http_file_body, .message = 2, .of_file = true, BOTH(HTTP_BODY),
	    .help = "files that are sent: response bodies unpacked, bodies of POST and PUT, file parts of forms" },
	{ .name = "file.name", .kind = FIELD_MULTI, .of_file = true, .bytes = get_file_name,
	    .dirs = 3, .progress = { HTTP_BODY, HTTP_BODY },
	    .help = "name of each file: of the form, of Content-Disposition, or the path" },
	{ .name = "urilen", .kind = FIELD_NUMBER, .number = get_urilen, REQ(HTTP_HEADERS),
	    .help = "length of the normalised URI in bytes" },
	{ .name = NULL },
};
