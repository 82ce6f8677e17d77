/*
 * http_upgrade - 101 Switching Protocols: what comes next, and what it has to know of the request.
 *
 * Thread:    the worker's.
 * Memory:    the request's headers, up to SAVED_MAX bytes, with the flow's HTTP state.
 * Owns:      nothing.
 * Not here:  the framework's part -> app_upgrade()   HTTP/2's -> http2.c
 *
 * Sources: RFC 9110 section 7.8; RFC 7540 section 3.2 (h2c); RFC 6455 section 4 (websocket).
 */
#include "engine/app/protocols/http.h"

#define SAVED_MAX 16384u

static void
save(struct http *s, struct span name, struct span value)
{
	uint32_t n[2] = { name.n, value.n };

	if (s->saved.n + sizeof(n) + (uint64_t) name.n + value.n > SAVED_MAX)
		return;
	if (app_keep(s->app, &s->saved, span_of(n, sizeof(n)), SAVED_MAX) < 0 || app_keep(s->app, &s->saved, name, SAVED_MAX) < 0 ||
	    app_keep(s->app, &s->saved, value, SAVED_MAX) < 0)
		app_drop(s->app, &s->saved);
}

static void
save_request(struct http *s, const htp_tx_t *h)
{
	const htp_header_t *header;

	app_drop(s->app, &s->saved);
	save(s, SPAN_LIT(":method"), http_span(h->request_method));
	save(s, SPAN_LIT(":path"), http_span(h->request_uri));
	for (size_t i = 0; i < htp_table_size(h->request_headers); i++)
		if ((header = htp_table_get_index(h->request_headers, i, NULL)))
			save(s, http_span(header->name), http_span(header->value));
}

/* The bytes at hand go on with a further response of that kind, when something else was to begin. */
static bool
says_again(const struct http *s)
{
	struct span rest = span_skip(s->now, (uint32_t) htp_connp_res_data_consumed(s->connp));

	return rest.n >= 13 && memcmp(rest.p, "HTTP/1.", 7) == 0 && memcmp(rest.p + 8, " 101 ", 5) == 0;
}

/* Called when the headers of a response are complete. libhtp goes on as a tunnel after a 101. */
void
http_look_for_upgrade(struct http *s, const htp_tx_t *h)
{
	static const char *const tokens[][2] = { { "h2c", "http2" }, { "websocket", "websocket" } };
	const htp_header_t *up;

	if (h->response_status_number != 101)
		return;
	up = htp_table_get_c(h->response_headers, "upgrade");
	for (unsigned i = 0; up && i < 2; i++) {
		const struct protocol *p = app_protocol_find(tokens[i][1]);

		if (!span_eq_nocase(http_span(up->value), span_of(tokens[i][0], strlen(tokens[i][0]))) || !app_speaks(s->app, p))
			continue;
		if (i == 0)
			save_request(s, h);
		app_upgrade(s->app, p);
		if (says_again(s))
			app_event(s->app, htp_tx_get_user_data(h), HTTP_EV_CHANGE);
	}
}
