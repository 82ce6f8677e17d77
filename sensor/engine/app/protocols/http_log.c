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
put(struct json *j, const char *key, struct span s)
{
	if (s.p)
		json_span(j, key, s);
}

/* without parameters: "text/html; charset=x" -> "text/html" */
static void
put_type(struct json *j, const struct http_tx *t)
{
	struct span s = http_value(&t->head[TO_CLIENT], HTTP_CONTENT_TYPE);
	uint32_t n = 0;

	while (n < s.n && s.p[n] != ';')
		n++;
	put(j, "http_content_type", span_head(s, n));
}

static void
put_status(struct json *j, const struct http_tx *t)
{
	if (!t->status_name.at)
		return;
	if (t->status <= 0) {
		put(j, "status_string", http_get(&t->head[TO_CLIENT], t->status_name));
		return;
	}
	json_u64(j, "status", (uint64_t) t->status);
	if (t->status > 300 && t->status < 304)
		put(j, "redirect", http_value(&t->head[TO_CLIENT], HTTP_LOCATION));
}

bool
http_content_range(const struct http_tx *t, int64_t v[static 3])
{
	struct span range = http_value(&t->head[TO_CLIENT], HTTP_CONTENT_RANGE);

	range_read(range, v);
	return range.p != NULL;
}

static void
put_range(struct json *j, const struct http_tx *t)
{
	int64_t v[3];

	if (!http_content_range(t, v))
		return;
	json_object(j, "content_range");
	put(j, "raw", http_value(&t->head[TO_CLIENT], HTTP_CONTENT_RANGE));
	if (v[0] >= 0 && v[1] >= 0) {
		json_i64(j, "start", v[0]);
		json_i64(j, "end", v[1]);
	}
	if (v[2] >= 0)
		json_i64(j, "size", v[2]);
	json_end(j);
}

static void
put_headers(struct json *j, const char *key, const struct http_head *h)
{
	json_array(j, key);
	for (unsigned i = 0; i < h->n; i++) {
		json_object(j, NULL);
		put(j, "name", http_get(h, h->v[i].name));
		put(j, "value", http_get(h, h->v[i].value));
		json_end(j);
	}
	json_end(j);
}

static void
put_more(struct json *j, const struct http_tx *t)
{
	const struct http_head *h = &t->head[TO_SERVER];

	put(j, "http_refer", http_value(h, HTTP_REFERER));
	put(j, "http_method", http_get(h, t->method_name));
	put(j, "protocol", http_get(h, h->protocol));
	put_status(j, t);
	json_u64(j, "length", t->message_len);
}

void
http_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct http_tx *t = (const struct http_tx *) tx;
	const struct http_head *h = &t->head[TO_SERVER];

	if (!t->read)
		return;
	put(j, "hostname", http_get(h, t->host));
	if (t->port > 0)
		json_u64(j, "http_port", (uint64_t) t->port);
	put(j, "url", http_target_text(t));
	put(j, "http_user_agent", http_value(h, HTTP_USER_AGENT));
	put_type(j, t);
	put_range(j, t);
	if (!full || !t->conf->brief)
		put_more(j, t);
	if (full && t->conf->dump_headers[TO_SERVER])
		put_headers(j, "request_headers", h);
	if (full && t->conf->dump_headers[TO_CLIENT])
		put_headers(j, "response_headers", &t->head[TO_CLIENT]);
}

bool
http_header(const struct tx *tx, const char *name, struct span *out)
{
	const struct http_head *h = &((const struct http_tx *) tx)->head[TO_SERVER];

	for (unsigned i = 0; i < h->n; i++)
		if (http_same(http_get(h, h->v[i].name), name)) {
			*out = http_get(h, h->v[i].value);
			return true;
		}
	return false;
}
