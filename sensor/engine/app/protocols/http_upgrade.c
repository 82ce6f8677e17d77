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
save_request(struct http *s, const struct http_tx *t)
{
	const struct http_head *h = &t->head[TO_SERVER];

	app_drop(s->app, &s->saved);
	save(s, SPAN_LIT(":method"), http_get(h, t->method_name));
	save(s, SPAN_LIT(":path"), http_target_text(t));
	for (unsigned i = 0; i < h->n; i++)
		save(s, http_get(h, h->v[i].name), http_get(h, h->v[i].value));
}

/* The bytes at hand go on with a further response of that kind, when something else was to begin. */
static bool
says_again(const struct http *s)
{
	const struct http_side *d = &s->side[TO_CLIENT];
	struct span rest = d->p ? span_of(d->p + d->at, d->n - d->at) : SPAN_NONE;

	return rest.n >= 13 && memcmp(rest.p, "HTTP/1.", 7) == 0 && memcmp(rest.p + 8, " 101 ", 5) == 0;
}

/* Called when the headers of a response are complete. The reader goes on as a tunnel after a 101. */
void
http_look_for_upgrade(struct http *s, struct http_tx *t)
{
	static const char *const tokens[][2] = { { "h2c", "http2" }, { "websocket", "websocket" } };
	struct span up = t->status == 101 ? http_value(&t->head[TO_CLIENT], HTTP_UPGRADE) : SPAN_NONE;

	for (unsigned i = 0; up.p && i < 2; i++) {
		const struct protocol *p = app_protocol_find(tokens[i][1]);

		if (!span_eq_nocase(up, span_str(tokens[i][0])) || !app_speaks(s->app, p))
			continue;
		if (i == 0)
			save_request(s, t);
		app_upgrade(s->app, p);
		if (says_again(s))
			app_event(s->app, &t->tx, HTTP_EV_CHANGE);
	}
}
