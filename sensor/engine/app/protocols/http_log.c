/*
 * http_log - an HTTP transaction as EVE's "http" object.
 *
 * Thread:    the worker's.
 * Memory:    the caller's buffer.
 * Owns:      nothing.
 * Not here:  the envelope -> event/
 */
#include "engine/app/protocols/http.h"

static void
put(struct json *j, const char *key, const bstr *b)
{
	if (b)
		json_span(j, key, http_span(b));
}

static void
put_header(struct json *j, const char *key, const htp_table_t *table, const char *name)
{
	const htp_header_t *h = htp_table_get_c(table, name);

	if (h)
		put(j, key, h->value);
}

/* without parameters: "text/html; charset=x" -> "text/html" */
static void
put_type(struct json *j, const htp_tx_t *h)
{
	const htp_header_t *type = htp_table_get_c(h->response_headers, "content-type");
	struct span s = type ? http_span(type->value) : SPAN_NONE;
	uint32_t n = 0;

	while (n < s.n && s.p[n] != ';')
		n++;
	if (s.p)
		json_span(j, "http_content_type", span_head(s, n));
}

static void
put_status(struct json *j, const htp_tx_t *h)
{
	int status = h->response_status_number;

	if (!h->response_status)
		return;
	if (status <= 0) {
		put(j, "status_string", h->response_status);
		return;
	}
	json_u64(j, "status", (uint64_t) status);
	if (status > 300 && status < 304)
		put_header(j, "redirect", h->response_headers, "location");
}

bool
http_content_range(const htp_tx_t *h, int64_t v[static 3])
{
	const htp_header_t *range = h->response_headers ? htp_table_get_c(h->response_headers, "content-range") : NULL;

	range_read(range ? http_span(range->value) : SPAN_NONE, v);
	return range != NULL;
}

static void
put_range(struct json *j, const htp_tx_t *h)
{
	int64_t v[3];

	if (!http_content_range(h, v))
		return;
	json_object(j, "content_range");
	put_header(j, "raw", h->response_headers, "content-range");
	if (v[0] >= 0 && v[1] >= 0) {
		json_i64(j, "start", v[0]);
		json_i64(j, "end", v[1]);
	}
	if (v[2] >= 0)
		json_i64(j, "size", v[2]);
	json_end(j);
}

static void
put_headers(struct json *j, const char *key, const htp_table_t *table)
{
	const htp_header_t *h;

	json_array(j, key);
	for (size_t i = 0; i < htp_table_size(table); i++) {
		if (!(h = htp_table_get_index(table, i, NULL)))
			continue;
		json_object(j, NULL);
		put(j, "name", h->name);
		put(j, "value", h->value);
		json_end(j);
	}
	json_end(j);
}

static const struct http_conf *
conf_of(const htp_tx_t *h)
{
	return ((const struct http *) htp_connp_get_user_data(h->connp))->conf;
}

static void
put_more(struct json *j, const htp_tx_t *h)
{
	put_header(j, "http_refer", h->request_headers, "referer");
	put(j, "http_method", h->request_method);
	put(j, "protocol", h->request_protocol);
	put_status(j, h);
	json_u64(j, "length", (uint64_t) h->response_message_len);
}

void
http_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const htp_tx_t *h = ((const struct http_tx *) tx)->h;

	if (!h)
		return;
	put(j, "hostname", h->request_hostname);
	if (h->request_port_number > 0)
		json_u64(j, "http_port", (uint64_t) h->request_port_number);
	put(j, "url", h->request_uri);
	put_header(j, "http_user_agent", h->request_headers, "user-agent");
	put_type(j, h);
	put_range(j, h);
	if (!full || !conf_of(h)->brief)
		put_more(j, h);
	if (full && conf_of(h)->dump_headers[TO_SERVER])
		put_headers(j, "request_headers", h->request_headers);
	if (full && conf_of(h)->dump_headers[TO_CLIENT])
		put_headers(j, "response_headers", h->response_headers);
}

bool
http_header(const struct tx *tx, const char *name, struct span *out)
{
	const htp_tx_t *h = ((const struct http_tx *) tx)->h;
	const htp_header_t *v = h && h->request_headers ? htp_table_get_c(h->request_headers, name) : NULL;

	if (v)
		*out = http_span(v->value);
	return v != NULL;
}
