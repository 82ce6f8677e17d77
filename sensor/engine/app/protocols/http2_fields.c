/*
 * http2_fields - what rules may look at in a stream of HTTP/2.
 *
 * Thread:    the worker's.
 * Memory:    spans into the kept headers, or put together in the packet's scratch arena.
 * Owns:      nothing.
 * Not here:  when they are looked at -> engine/detect
 *
 * The buffers of HTTP are made of what stands for them in HTTP/2: pseudo-headers for the first line (RFC 9113 section
 * 8.3), "name: value" lines for headers. A frame about the connection as a whole has just the protocol.
 */
#include "engine/app/file.h"
#include "engine/app/protocols/http2.h"


static const struct http2_tx *
of(const struct tx *tx)
{
	return (const struct http2_tx *) tx;
}

#define VALUE(fn, name) \
	static bool fn(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out) \
	{ \
		return http2_value(of(tx), dir, SPAN_LIT(name), scratch, out); \
	}
VALUE(get_uri, ":path")
VALUE(get_method, ":method")
VALUE(get_stat_code, ":status")
VALUE(get_user_agent, "user-agent")
VALUE(get_referer, "referer")
VALUE(get_accept, "accept")
VALUE(get_accept_enc, "accept-encoding")
VALUE(get_accept_lang, "accept-language")
VALUE(get_connection, "connection")
VALUE(get_content_type, "content-type")
VALUE(get_content_len, "content-length")
VALUE(get_server, "server")
VALUE(get_location, "location")

static bool
get_cookie(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return http2_value(of(tx), dir, dir == TO_SERVER ? SPAN_LIT("cookie") : SPAN_LIT("set-cookie"), scratch, out);
}

static bool
get_host_raw(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return http2_value(of(tx), dir, SPAN_LIT(":authority"), NULL, out) || http2_value(of(tx), dir, SPAN_LIT("host"), NULL, out);
}

/* without userinfo and port, lower case */
static bool
get_host(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct span s;
	const uint8_t *at, *colon;
	uint8_t *lower;

	if (!get_host_raw(tx, dir, i, scratch, &s))
		return false;
	if (s.n && (at = memchr(s.p, '@', s.n)))
		s = span_skip(s, (uint32_t) (at - s.p) + 1);
	if (s.n && s.p[0] != '[' && (colon = memchr(s.p, ':', s.n)))
		s.n = (uint32_t) (colon - s.p);
	if (!(lower = arena_alloc(scratch, s.n + 1u)))
		return false;
	for (uint32_t k = 0; k < s.n; k++)
		lower[k] = byte_lower(s.p[k]);
	*out = span_of(lower, s.n);
	return true;
}

static bool
get_protocol(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = SPAN_LIT("HTTP/2");
	return true;
}

/* HTTP/2 has none, so it is always empty */
static bool
get_stat_msg(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = SPAN_LIT("");
	return true;
}

static struct text
text_new(struct arena *scratch, size_t cap)
{
	char *p = arena_alloc(scratch, cap + 1);

	return text_of(p, p ? cap : 0);
}

static bool
get_request_line(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct span method, path;
	struct text t;

	if (!http2_value(of(tx), dir, SPAN_LIT(":method"), NULL, &method) || !http2_value(of(tx), dir, SPAN_LIT(":path"), NULL, &path))
		return false;
	t = text_new(scratch, (size_t) method.n + path.n + 16);
	text_add(&t, method);
	text_char(&t, ' ');
	text_add(&t, path);
	text_add(&t, SPAN_LIT(" HTTP/2\r\n"));
	*out = text_span(&t);
	return t.p != NULL;
}

static bool
get_response_line(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct span status;
	struct text t;

	if (!http2_value(of(tx), dir, SPAN_LIT(":status"), NULL, &status))
		return false;
	t = text_new(scratch, status.n + 16u);
	text_add(&t, SPAN_LIT("HTTP/2 "));
	text_add(&t, status);
	text_add(&t, SPAN_LIT("\r\n"));
	*out = text_span(&t);
	return t.p != NULL;
}

/* ---- headers ---- */

enum { NAMES_ONLY = 1, NO_COOKIES = 2 };

static bool
lines(const struct tx *tx, int dir, struct arena *scratch, unsigned how, struct span *out)
{
	const struct bytes *head = &of(tx)->side[dir].head;
	struct text t = text_new(scratch, head->n + 8u); /* an entry's head is longer than what goes between */
	struct http2_entry e;
	bool any = false;

	if (how & NAMES_ONLY)
		text_add(&t, SPAN_LIT("\r\n"));
	for (uint32_t at = 0; http2_entry_next(head, &at, &e);) {
		if (e.kind != HTTP2_ENTRY_HEADER)
			continue;
		any = true;
		if (how & NO_COOKIES && (span_eq(e.name, SPAN_LIT("cookie")) || span_eq(e.name, SPAN_LIT("set-cookie"))))
			continue;
		text_add(&t, e.name);
		if (!(how & NAMES_ONLY)) {
			text_add(&t, SPAN_LIT(": "));
			text_add(&t, e.value);
		}
		text_add(&t, SPAN_LIT("\r\n"));
	}
	if (how & NAMES_ONLY)
		text_add(&t, SPAN_LIT("\r\n"));
	*out = text_span(&t);
	return any && t.p;
}

static bool
get_header(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return lines(tx, dir, scratch, NO_COOKIES, out);
}

static bool
get_header_raw(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return lines(tx, dir, scratch, 0, out);
}

static bool
get_header_names(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return lines(tx, dir, scratch, NAMES_ONLY, out);
}

static bool
nth(const struct tx *tx, int dir, unsigned i, enum http2_entry_kind kind, struct http2_entry *e)
{
	uint32_t at = 0;

	while (http2_entry_next(&of(tx)->side[dir].head, &at, e))
		if (e->kind == kind && i-- == 0)
			return true;
	return false;
}

static bool
get_one_header(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct http2_entry e;
	struct text t;

	if (!nth(tx, dir, i, HTTP2_ENTRY_HEADER, &e))
		return false;
	t = text_new(scratch, (size_t) e.name.n + e.value.n + 2);
	text_add(&t, e.name);
	text_add(&t, SPAN_LIT(": "));
	text_add(&t, e.value);
	*out = text_span(&t);
	return t.p != NULL;
}

static bool
get_header_name(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct http2_entry e;

	if (!nth(tx, dir, i, HTTP2_ENTRY_HEADER, &e))
		return false;
	*out = span_of(e.name.p ? e.name.p : (const uint8_t *) "", e.name.n);
	return true;
}

/* ---- numbers ---- */

static bool
get_size_update(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	struct http2_entry e;

	if (!nth(tx, dir, i, HTTP2_ENTRY_SIZE_UPDATE, &e))
		return false;
	*out = e.size;
	return true;
}

static bool
get_frametype(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	uint64_t types = of(tx)->side[dir].types;

	while (i-- && types)
		types &= types - 1;
	if (!types)
		return false;
	*out = (uint64_t) __builtin_ctzll(types);
	return true;
}

static bool
marked(const struct tx *tx, int dir, unsigned i, enum http2_mark_kind kind, uint64_t *out)
{
	struct http2_mark m;

	for (uint32_t k = 0; http2_mark(&of(tx)->side[dir], k, &m); k++)
		if (m.kind == kind && i-- == 0) {
			*out = m.value;
			return true;
		}
	return false;
}

#define MARKED(fn, kind) \
	static bool fn(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		return marked(tx, dir, i, kind, out); \
	}
MARKED(get_errorcode, HTTP2_MARK_ERROR)
MARKED(get_priority, HTTP2_MARK_PRIORITY)
MARKED(get_window, HTTP2_MARK_WINDOW)

static bool
get_urilen(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	struct span uri;

	if (!http2_value(of(tx), dir, SPAN_LIT(":path"), NULL, &uri))
		return false;
	*out = uri.n;
	return true;
}

/* ---- bodies ---- */

static struct body *
get_body(struct tx *tx, int dir)
{
	return &((struct http2_tx *) tx)->side[dir].body;
}

static bool
get_file_name(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct app_file f;

	if (!http2_file(tx, dir, i, &f))
		return false;
	*out = f.name;
	return true;
}

/* RFC 9113 sections 6 and 7 */
static const char *const type_names[] = { "DATA=0", "HEADERS=1", "PRIORITY=2", "RSTSTREAM=3", "SETTINGS=4", "PUSHPROMISE=5", "PING=6",
	"GOAWAY=7", "WINDOWUPDATE=8", "CONTINUATION=9", "RST_STREAM=3", "PUSH_PROMISE=5", "WINDOW_UPDATE=8", NULL };
static const char *const error_names[] = { "NO_ERROR=0", "PROTOCOL_ERROR=1", "INTERNAL_ERROR=2", "FLOW_CONTROL_ERROR=3",
	"SETTINGS_TIMEOUT=4", "STREAM_CLOSED=5", "FRAME_SIZE_ERROR=6", "REFUSED_STREAM=7", "CANCEL=8", "COMPRESSION_ERROR=9",
	"CONNECT_ERROR=10", "ENHANCE_YOUR_CALM=11", "INADEQUATE_SECURITY=12", "HTTP_1_1_REQUIRED=13", NULL };

#define REQ .dirs = 1, .progress = { HTTP2_P_HEADERS, 0 }
#define RES .dirs = 2, .progress = { 0, HTTP2_P_HEADERS }
#define BOTH .dirs = 3, .progress = { HTTP2_P_HEADERS, HTTP2_P_HEADERS }
#define WHOLE .dirs = 3, .progress = { HTTP2_P_COMPLETE, HTTP2_P_COMPLETE }

const struct field http2_fields[] = {
	{ .name = "http.uri", .modifier = "http_uri", .bytes = get_uri, REQ, .help = "the path of the request" },
	{ .name = "http.uri.raw", .modifier = "http_raw_uri", .bytes = get_uri, REQ, .help = "the path of the request" },
	{ .name = "http.method", .modifier = "http_method", .bytes = get_method, REQ, .help = "request method" },
	{ .name = "http.request_line", .aliases = "http_request_line", .bytes = get_request_line, REQ,
	    .help = "method, path and protocol, as HTTP/1 would have them" },
	{ .name = "http.protocol", .aliases = "http_protocol", .bytes = get_protocol, BOTH, .help = "HTTP/2" },
	{ .name = "http.host", .modifier = "http_host", .bytes = get_host, REQ, .help = "host name asked for, lower case, without port" },
	{ .name = "http.host.raw", .modifier = "http_raw_host", .bytes = get_host_raw, REQ, .help = "authority as it was sent" },
	{ .name = "http.header", .modifier = "http_header", .bytes = get_header, BOTH, .help = "all headers but cookies, \"name: value\" lines" },
	{ .name = "http.header.raw", .modifier = "http_raw_header", .bytes = get_header_raw, BOTH, .help = "all headers, \"name: value\" lines" },
	{ .name = "http.header_names", .aliases = "http_header_names", .bytes = get_header_names, BOTH,
	    .help = "names of the headers, one a line" },
	{ .name = "http.request_header", .kind = FIELD_MULTI, .bytes = get_one_header, REQ, .help = "each request header, \"name: value\"" },
	{ .name = "http.response_header", .kind = FIELD_MULTI, .bytes = get_one_header, RES, .help = "each response header, \"name: value\"" },
	{ .name = "http.user_agent", .modifier = "http_user_agent", .bytes = get_user_agent, REQ, .help = "User-Agent" },
	{ .name = "http.cookie", .modifier = "http_cookie", .bytes = get_cookie, BOTH, .help = "Cookie, Set-Cookie" },
	{ .name = "http.referer", .aliases = "http_referer", .bytes = get_referer, REQ, .help = "Referer" },
	{ .name = "http.accept", .aliases = "http_accept", .bytes = get_accept, REQ, .help = "Accept" },
	{ .name = "http.accept_enc", .aliases = "http_accept_enc", .bytes = get_accept_enc, REQ, .help = "Accept-Encoding" },
	{ .name = "http.accept_lang", .aliases = "http_accept_lang", .bytes = get_accept_lang, REQ, .help = "Accept-Language" },
	{ .name = "http.connection", .aliases = "http_connection", .bytes = get_connection, BOTH, .help = "Connection" },
	{ .name = "http.content_type", .aliases = "http_content_type", .bytes = get_content_type, BOTH, .help = "Content-Type" },
	{ .name = "http.content_len", .aliases = "http_content_len", .bytes = get_content_len, BOTH, .help = "Content-Length as text" },
	{ .name = "http.server", .bytes = get_server, RES, .help = "Server" },
	{ .name = "http.location", .bytes = get_location, RES, .help = "Location" },
	{ .name = "http.stat_code", .modifier = "http_stat_code", .bytes = get_stat_code, RES, .help = "status code as text" },
	{ .name = "http.stat_msg", .modifier = "http_stat_msg", .bytes = get_stat_msg, RES, .help = "empty: HTTP/2 has none" },
	{ .name = "http.response_line", .aliases = "http_response_line", .bytes = get_response_line, RES,
	    .help = "protocol and status code, as HTTP/1 would have them" },
	{ .name = "http.request_body", .modifier = "http_client_body", .kind = FIELD_BODY, .body = get_body, REQ, .help = "body of the request" },
	{ .name = "http.response_body", .modifier = "http_server_body", .kind = FIELD_BODY, .body = get_body, .message = 2, RES,
	    .help = "body of the response, unpacked" },
	FILE_MAGIC_FIELD,
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .body = get_body, .message = 2, BOTH, .help = "bodies, unpacked" },
	{ .name = "file.name", .kind = FIELD_MULTI, .bytes = get_file_name, BOTH, .help = "the path" },
	{ .name = "urilen", .kind = FIELD_NUMBER, .number = get_urilen, REQ, .help = "length of the path in bytes" },
	{ .name = "http2.header_name", .kind = FIELD_MULTI, .bytes = get_header_name, BOTH, .help = "name of each header" },
	{ .name = "http2.frametype", .kind = FIELD_NUMBER, .multi = true, .number = get_frametype, WHOLE, .names = type_names,
	    .help = "types of the frames of the stream" },
	{ .name = "http2.errorcode", .kind = FIELD_NUMBER, .multi = true, .number = get_errorcode, WHOLE, .names = error_names,
	    .help = "code of GOAWAY or RST_STREAM" },
	{ .name = "http2.priority", .kind = FIELD_NUMBER, .multi = true, .number = get_priority, WHOLE, .help = "weight in HEADERS or PRIORITY" },
	{ .name = "http2.window", .kind = FIELD_NUMBER, .multi = true, .number = get_window, WHOLE, .help = "increment of WINDOW_UPDATE" },
	{ .name = "http2.size_update", .kind = FIELD_NUMBER, .multi = true, .number = get_size_update, BOTH,
	    .help = "new size of the table of headers" },
	{ .name = NULL },
};
