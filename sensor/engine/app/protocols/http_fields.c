/*
 * http_fields - what rules may look at in an HTTP transaction.
 *
 * Thread:    the worker's.
 * Memory:    spans into libhtp's transaction, or put together in the packet's scratch arena.
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

static const htp_table_t *
headers_of(const struct tx *tx, int dir)
{
	const htp_tx_t *h = of(tx)->h;

	return !h ? NULL : dir == TO_SERVER ? h->request_headers : h->response_headers;
}

static const htp_header_t *
header_at(const struct tx *tx, int dir, size_t i)
{
	const htp_table_t *table = headers_of(tx, dir);

	return table && i < htp_table_size(table) ? htp_table_get_index(table, i, NULL) : NULL;
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
	return of(tx)->h && give(http_span(of(tx)->h->request_uri), out);
}

static bool
get_method(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return of(tx)->h && give(http_span(of(tx)->h->request_method), out);
}

static bool
get_request_line(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return of(tx)->h && give(http_span(of(tx)->h->request_line), out);
}

static bool
get_response_line(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return of(tx)->h && give(http_span(of(tx)->h->response_line), out);
}

static bool
get_protocol(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const htp_tx_t *h = of(tx)->h;

	return h && give(http_span(dir == TO_SERVER ? h->request_protocol : h->response_protocol), out);
}

static bool
get_stat_code(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return of(tx)->h && give(http_span(of(tx)->h->response_status), out);
}

static bool
get_stat_msg(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return of(tx)->h && give(http_span(of(tx)->h->response_message), out);
}

static bool
get_urilen(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->uri.n;
	return of(tx)->uri.p != NULL;
}

/* ---- hosts ---- */

/* libhtp does not always turn it into lower case */
static bool
get_host(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct span host = of(tx)->h ? http_span(of(tx)->h->request_hostname) : SPAN_NONE;
	uint8_t *lower = host.p ? arena_alloc(scratch, host.n + 1u) : NULL;

	for (uint32_t k = 0; lower && k < host.n; k++)
		lower[k] = byte_lower(host.p[k]);
	*out = span_of(lower, host.n);
	return lower != NULL;
}

static bool
get_host_raw(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const htp_tx_t *h = of(tx)->h;
	const htp_header_t *host;

	if (!h)
		return false;
	if (h->parsed_uri && h->parsed_uri->hostname)
		return give(http_span(h->parsed_uri->hostname), out);
	host = htp_table_get_c(h->request_headers, "host");
	return host && give(http_span(host->value), out);
}

/* ---- one header ---- */

static bool
get_named(const struct tx *tx, int dir, const char *name, struct span *out)
{
	const htp_table_t *table = headers_of(tx, dir);
	const htp_header_t *h = table ? htp_table_get_c(table, name) : NULL;

	return h && give(http_span(h->value), out);
}

#define NAMED(fn, name)                                                                                        \
	static bool fn(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)      \
	{                                                                                                      \
		return get_named(tx, dir, name, out);                                                          \
	}
NAMED(get_user_agent, "user-agent")
NAMED(get_referer, "referer")
NAMED(get_accept, "accept")
NAMED(get_accept_enc, "accept-encoding")
NAMED(get_accept_lang, "accept-language")
NAMED(get_connection, "connection")
NAMED(get_content_type, "content-type")
NAMED(get_content_len, "content-length")
NAMED(get_server, "server")
NAMED(get_location, "location")

static bool
get_cookie(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return get_named(tx, dir, dir == TO_SERVER ? "cookie" : "set-cookie", out);
}

/* ---- all headers ---- */

static bool
is_cookie(const htp_header_t *h, int dir)
{
	return bstr_cmp_c_nocase(h->name, dir == TO_SERVER ? "cookie" : "set-cookie") == 0;
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
headers_size(const struct tx *tx, int dir)
{
	const htp_header_t *h;
	size_t n = 0;

	for (size_t i = 0; (h = header_at(tx, dir, i)); i++)
		n += bstr_len(h->name) + bstr_len(h->value) + 4;
	return n;
}

static void
text_headers(struct text *t, const struct tx *tx, int dir, bool cookies)
{
	const htp_header_t *h;

	for (size_t i = 0; (h = header_at(tx, dir, i)); i++) {
		if (!cookies && is_cookie(h, dir))
			continue;
		text_add(t, http_span(h->name));
		text_add(t, SPAN_LIT(": "));
		text_add(t, http_span(h->value));
		text_add(t, SPAN_LIT("\r\n"));
	}
}

static bool
get_header(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	size_t n = headers_size(tx, dir);
	struct text t;

	if (!n || !text_new(&t, scratch, n))
		return false;
	text_headers(&t, tx, dir, false);
	*out = span_of(t.p, t.n);
	return t.n > 0;
}

static bool
get_header_raw(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	return give(bytes_span(&of(tx)->raw[dir]), out);
}

/* "\r\nHost\r\nUser-Agent\r\n\r\n" */
static bool
get_header_names(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	size_t n = headers_size(tx, dir);
	const htp_header_t *h;
	struct text t;

	if (!n || !text_new(&t, scratch, n + 4))
		return false;
	text_add(&t, SPAN_LIT("\r\n"));
	for (size_t k = 0; (h = header_at(tx, dir, k)); k++) {
		text_add(&t, http_span(h->name));
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
	const htp_tx_t *h = of(tx)->h;
	struct span line = h ? http_span(dir == TO_SERVER ? h->request_line : h->response_line) : SPAN_NONE;
	struct text t;

	if (!line.p || !text_new(&t, scratch, headers_size(tx, dir) + line.n + 4))
		return false;
	text_add(&t, line);
	text_add(&t, SPAN_LIT("\r\n"));
	text_headers(&t, tx, dir, true);
	text_add(&t, SPAN_LIT("\r\n"));
	*out = span_of(t.p, t.n);
	return true;
}

/* "Name: value", one a header */
static bool
get_one_header(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const htp_header_t *h = header_at(tx, dir, i);
	struct text t;

	if (!h || !text_new(&t, scratch, bstr_len(h->name) + bstr_len(h->value) + 2))
		return false;
	text_add(&t, http_span(h->name));
	text_add(&t, SPAN_LIT(": "));
	text_add(&t, http_span(h->value));
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

/* The path and query as libhtp understands them, put together again. */
void
http_normalise_uri(struct http *s, struct http_tx *t)
{
	const htp_uri_t *u = t->h->parsed_uri;
	uint64_t flags = 0;

	if (!u || t->uri.n)
		return;
	if (s->conf->double_path && u->path)
		htp_urldecode_inplace(t->h->cfg, HTP_DECODER_URL_PATH, u->path, &flags);
	if (u->query) /* libhtp leaves it as it came */
		htp_urldecode_inplace(t->h->cfg, HTP_DECODER_URLENCODED, u->query, &flags);
	if (s->conf->double_query && u->query)
		htp_urldecode_inplace(t->h->cfg, HTP_DECODER_URLENCODED, u->query, &flags);
	if (s->conf->whole_uri && u->scheme) {
		app_keep(s->app, &t->uri, http_span(u->scheme), UINT16_MAX);
		app_keep(s->app, &t->uri, SPAN_LIT("://"), UINT16_MAX);
	}
	if (s->conf->whole_uri && u->hostname)
		app_keep(s->app, &t->uri, http_span(u->hostname), UINT16_MAX);
	if (s->conf->whole_uri && u->port) {
		app_keep(s->app, &t->uri, SPAN_LIT(":"), UINT16_MAX);
		app_keep(s->app, &t->uri, http_span(u->port), UINT16_MAX);
	}
	if (u->path)
		app_keep(s->app, &t->uri, http_span(u->path), UINT16_MAX);
	if (u->query) {
		app_keep(s->app, &t->uri, SPAN_LIT("?"), UINT16_MAX);
		app_keep(s->app, &t->uri, http_span(u->query), UINT16_MAX);
	}
	if (s->conf->whole_uri && u->fragment) {
		app_keep(s->app, &t->uri, SPAN_LIT("#"), UINT16_MAX);
		app_keep(s->app, &t->uri, http_span(u->fragment), UINT16_MAX);
	}
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
