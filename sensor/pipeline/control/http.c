#include "pipeline/control/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX (1U << 20)
#define TIMEOUT_S 10
#define HEADERS_MAX 8192

struct http {
	struct http_calls calls;
	struct evhttp *server;
	struct buf page;
};

static void
answer(struct evhttp_request *q, int code, const char *type, const char *text, size_t n)
{
	struct evbuffer *out = evbuffer_new();

	evhttp_add_header(evhttp_request_get_output_headers(q), "Content-Type", type);
	if (out)
		evbuffer_add(out, text, n);
	evhttp_send_reply(q, code, NULL, out);
	if (out)
		evbuffer_free(out);
}

static void
on_metrics(struct evhttp_request *q, void *arg)
{
	struct http *h = arg;

	buf_reset(&h->page);
	h->calls.metrics(h->calls.arg, &h->page);
	if (h->page.full)
		answer(q, 500, "text/plain", "too long\n", 9);
	else
		answer(q, 200, "text/plain; version=0.0.4; charset=utf-8", h->page.p, h->page.n);
}

/* That it is answered says that the loop turns. */
static void
on_health(struct evhttp_request *q, void *arg)
{
	answer(q, 200, "text/plain", "ok\n", 3);
}

static void
on_ready(struct evhttp_request *q, void *arg)
{
	struct http *h = arg;
	char why[128] = "", text[160];
	bool ready = h->calls.ready(h->calls.arg, why);
	int n = ready ? snprintf(text, sizeof text, "ready\n") : snprintf(text, sizeof text, "not ready: %s\n", why);

	answer(q, ready ? 200 : 503, "text/plain", text, (size_t) n);
}

static void
on_other(struct evhttp_request *q, void *arg)
{
	answer(q, 404, "text/plain", "/metrics /healthz /readyz\n", 26);
}

struct http *
http_new(const char *address, uint16_t port, struct event_base *loop, const struct http_calls *calls, char why[static 256])
{
	struct http *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->calls = *calls;
	buf_init(&h->page, PAGE_MAX);
	h->server = evhttp_new(loop);
	if (!h->server || evhttp_bind_socket(h->server, address, port) < 0) {
		snprintf(why, 256, "%s port %u: %s", address, port, strerror(errno));
		http_free(h);
		return NULL;
	}
	evhttp_set_allowed_methods(h->server, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
	evhttp_set_max_headers_size(h->server, HEADERS_MAX);
	evhttp_set_max_body_size(h->server, 0);
	evhttp_set_timeout(h->server, TIMEOUT_S);
	evhttp_set_cb(h->server, "/metrics", on_metrics, h);
	evhttp_set_cb(h->server, "/healthz", on_health, h);
	evhttp_set_cb(h->server, "/readyz", on_ready, h);
	evhttp_set_gencb(h->server, on_other, h);
	return h;
}

void
http_free(struct http *h)
{
	if (!h)
		return;
	if (h->server)
		evhttp_free(h->server);
	buf_clear(&h->page);
	free(h);
}
