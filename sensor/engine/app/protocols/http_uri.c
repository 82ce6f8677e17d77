/*
 * http_uri - the target of a request: its parts, and its path and query as a server understands them.
 *
 * Thread:    the worker's.
 * Memory:    the normalised target in the transaction, at most URI_MAX bytes; the host in the head's `made`.
 * Owns:      nothing.
 * Not here:  where the target is in the line -> http_word.c   the header Host -> http_request.c
 *
 * Spec: RFC 3986 section 3 (parts), 5.2.4 (dot segments), 6.2 (normalisation); RFC 9112 section 3.2. Beyond that %uHHHH,
 * backslashes, UTF-8 turned to bytes, as the settings say (struct http_decoding).
 */
#include "engine/app/protocols/http.h"

#define URI_MAX UINT16_MAX

struct parts {
	struct span scheme, host, port, path, query, fragment; /* p NULL: there is none */
};

/* ---- parts ---- */

static uint32_t
until(struct span s, uint32_t from, const char *any)
{
	while (from < s.n && !(s.p[from] && strchr(any, s.p[from])))
		from++;
	return from;
}

static void
split_authority(struct parts *u, struct span a)
{
	const uint8_t *at = a.n ? memchr(a.p, '@', a.n) : NULL, *end;
	struct span rest;

	if (at)
		a = span_of(at + 1, a.n - (size_t) (at + 1 - a.p));
	u->host = a;
	if (a.n && a.p[0] == '[') {
		if (!(end = memchr(a.p, ']', a.n)))
			return;
		u->host = span_of(a.p, (size_t) (end + 1 - a.p));
		rest = span_of(end + 1, a.n - u->host.n);
		end = rest.n ? memchr(rest.p, ':', rest.n) : NULL;
	} else if ((end = a.n ? memchr(a.p, ':', a.n) : NULL)) {
		u->host = span_of(a.p, (size_t) (end - a.p));
	}
	if (end)
		u->port = span_of(end + 1, (size_t) (a.p + a.n - end - 1));
}

static struct parts
split(struct span t)
{
	struct parts u = { .scheme = SPAN_NONE };
	uint32_t pos = 0, end;

	if (!t.n)
		return u;
	if (t.p[0] != '/' && (end = until(t, 0, ":")) < t.n) {
		u.scheme = span_head(t, end);
		pos = end + 1;
		if (pos + 2 < t.n && t.p[pos] == '/' && t.p[pos + 1] == '/' && t.p[pos + 2] != '/') {
			end = until(t, pos + 2, "?/#");
			split_authority(&u, span_of(t.p + pos + 2, end - pos - 2));
			pos = end;
		}
	}
	end = until(t, pos, "?#");
	u.path = span_of(t.p + pos, end - pos);
	pos = end;
	if (pos < t.n && t.p[pos] == '?') {
		end = until(t, pos, "#");
		u.query = span_of(t.p + pos + 1, end - pos - 1);
		pos = end;
	}
	if (pos < t.n)
		u.fragment = span_of(t.p + pos + 1, t.n - pos - 1);
	return u;
}

/* ---- decoding, in place; the new length ---- */

static int
hex2(const uint8_t *p)
{
	int a = byte_hex(p[0]), b = byte_hex(p[1]);

	return a < 0 || b < 0 ? -1 : a << 4 | b;
}

/* What an escape at r stands for, and how long it is; -1: it is none. */
static int
escape(const struct http_decoding *d, const uint8_t *p, uint32_t n, uint32_t *len)
{
	int high, low;

	*len = 1;
	if (n < 3)
		return -1;
	if (!d->u || (p[1] | 0x20) != 'u') {
		low = hex2(p + 1);
		*len = low < 0 ? 1 : 3;
		return low;
	}
	if (n < 6 || (high = hex2(p + 2)) < 0 || (low = hex2(p + 4)) < 0)
		return -1;
	*len = 6;
	return http_best_fit((uint32_t) (high << 8 | low));
}

/* Of anything but a path. */
static uint32_t
decode(const struct http_decoding *d, uint8_t *p, uint32_t n)
{
	uint32_t w = 0, len = 1;

	for (uint32_t r = 0; r < n; r += len) {
		bool plain = p[r] != '%';
		int c = plain ? -1 : escape(d, p + r, n - r, &len);

		len = plain ? 1 : len;
		if (c < 0)
			c = p[r];
		if (c == 0 && (plain ? d->raw_nul_ends : d->encoded_nul_ends))
			break;
		p[w++] = plain && c == '+' && d->plus ? ' ' : (uint8_t) c;
	}
	return w;
}

static uint32_t
decode_path(const struct http_decoding *d, uint8_t *p, uint32_t n)
{
	bool slash = false;
	uint32_t w = 0, len = 1;

	for (uint32_t r = 0; r < n; r += len) {
		bool plain = p[r] != '%';
		int c = plain ? -1 : escape(d, p + r, n - r, &len);

		len = plain ? 1 : len;
		if (c == 0 && len == 3 && d->encoded_nul_ends)
			break;
		if (len == 3 && !d->separators && (c == '/' || (c == '\\' && d->backslash))) {
			c = '%';
			len = 1;
		}
		if (c < 0)
			c = p[r];
		if (plain && c == 0 && d->raw_nul_ends)
			break;
		if (c == '\\' && d->backslash)
			c = '/';
		if (d->lower)
			c = byte_lower((uint8_t) c);
		if (c != '/' || !slash || !d->compress)
			p[w++] = (uint8_t) c;
		slash = c == '/';
	}
	return w;
}

/* Length of the UTF-8 character at p; 0: there is none, and *bad bytes are to be passed over; UINT32_MAX: not all of it is there.
 * Longer forms than need be are taken, surrogates and what is beyond U+10FFFF not. */
static uint32_t
utf8(const uint8_t *p, uint32_t n, uint32_t *code, uint32_t *bad)
{
	uint32_t len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	*bad = 1;
	*code = len < 2 ? p[0] : p[0] & (0x7fu >> len);
	for (uint32_t i = 1; i < len; i++) {
		if (i == n)
			return UINT32_MAX;
		*bad = i;
		if ((p[i] & 0xc0) != 0x80 || (i == 1 && ((p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f))))
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	return len;
}

static uint32_t
fit_utf8(uint8_t *p, uint32_t n)
{
	uint32_t w = 0, r = 0, len, code, bad;

	while (r < n && p[r] < 0x80) /* nearly all there is */
		r++;
	for (w = r; r < n; r += len) {
		len = utf8(p + r, n - r, &code, &bad);
		if (len == UINT32_MAX)
			break;
		p[w++] = len ? http_best_fit(code) : '?';
		if (!len)
			len = bad;
	}
	return w;
}

/* Does the path go on with that, to its end or to the next segment? */
static bool
goes_on(const uint8_t *p, uint32_t r, uint32_t n, const char *dots)
{
	uint32_t k = (uint32_t) strlen(dots);

	return n - r >= k && memcmp(p + r, dots, k) == 0 && (n - r == k || p[r + k] == '/');
}

/* RFC 3986 section 5.2.4, but that a slash that is all that is left after the last of them goes too, as with libhtp. */
static uint32_t
remove_dots(uint8_t *p, uint32_t n)
{
	uint32_t r = 0, w = 0;

	if (!n || !memchr(p, '.', n))
		return n;
	while (r < n) { /* at the beginning of a segment, its slash included */
		uint32_t lead = p[r] == '/', k = r + lead;
		uint32_t drop = goes_on(p, k, n, ".") ? 1 : goes_on(p, k, n, "..") ? 2 : 0;

		if (drop && !lead) {
			r = k + drop + (k + drop < n);
			continue;
		}
		if (drop == 2) {
			while (w > 0 && p[w - 1] != '/')
				w--;
			w -= w > 0;
		}
		if (drop) {
			r = k + drop + 1 == n ? n : k + drop;
			continue;
		}
		p[w++] = p[r++];
		while (r < n && p[r] != '/')
			p[w++] = p[r++];
	}
	return w;
}

/* ---- the target as a whole ---- */

static int
take_host(struct http *s, struct http_tx *t, struct span host)
{
	struct http_head *h = &t->head[TO_SERVER];
	uint32_t at = h->made.n, n;

	if (http_make(s, h, host, &t->target_host) < 0)
		return -1;
	n = host.n ? decode(&s->conf->path, h->made.p + at, host.n) : 0;
	for (uint32_t i = 0; i < n; i++)
		h->made.p[at + i] = byte_lower(h->made.p[at + i]);
	while (n && h->made.p[at + n - 1] == '.')
		n--;
	h->made.n = at + n;
	t->target_host.n = n;
	if (!http_host_valid(http_get(h, t->target_host)))
		http_flag(t, HTTP_EV_URI_HOST);
	return 0;
}

static void
put(struct http *s, struct http_tx *t, struct span b)
{
	app_keep(s->app, &t->uri, b, URI_MAX);
}

static void
put_path(struct http *s, struct http_tx *t, struct span path)
{
	const struct http_decoding *d = &s->conf->path;
	uint32_t at = t->uri.n, n = path.n;
	uint8_t *p;

	if (app_keep(s->app, &t->uri, path, HTTP_TEXT_MAX) < 0)
		return;
	t->has_path = true;
	t->path = at;
	if (n) {
		p = t->uri.p + at;
		n = decode_path(d, p, n);
		n = d->utf8 ? fit_utf8(p, n) : n;
		n = remove_dots(p, n);
		n = s->conf->double_path ? decode(d, p, n) : n;
	}
	t->path_n = at + n > URI_MAX ? 0 : n;
	t->uri.n = at + t->path_n;
}

static void
put_decoded(struct http *s, struct http_tx *t, const char *before, struct span b, const struct http_decoding *d, unsigned times)
{
	uint32_t at, n = b.n;

	put(s, t, span_str(before));
	at = t->uri.n;
	if (app_keep(s->app, &t->uri, b, HTTP_TEXT_MAX) < 0)
		return;
	while (n && times--)
		n = decode(d, t->uri.p + at, n);
	t->uri.n = at + n > URI_MAX ? at : at + n;
}

int
http_target(struct http *s, struct http_tx *t, struct span target)
{
	struct parts u = { .scheme = SPAN_NONE };

	t->target_port = -1;
	if (t->method == HTTP_M_CONNECT) {
		struct http_authority a = http_authority(target);

		if (!t->target.at)
			return -1;
		u.host = a.host;
		u.port = a.port;
		if (a.invalid || (a.host.p && !http_host_valid(a.host)))
			http_flag(t, HTTP_EV_URI_HOST);
	} else if (t->unseen) {
		return 0;
	} else {
		u = split(target);
	}
	if (u.host.p && take_host(s, t, u.host) < 0)
		return -1;
	if (u.port.p && (t->target_port = http_port(u.port)) < 0)
		http_flag(t, HTTP_EV_URI_HOST);
	if (s->conf->whole_uri && u.scheme.p) {
		put(s, t, u.scheme);
		for (uint32_t i = 0; i < t->uri.n; i++)
			t->uri.p[i] = byte_lower(t->uri.p[i]);
		put(s, t, SPAN_LIT("://"));
	}
	if (s->conf->whole_uri && u.host.p)
		put(s, t, http_get(&t->head[TO_SERVER], t->target_host));
	if (u.path.p)
		put_path(s, t, u.path);
	if (u.query.p)
		put_decoded(s, t, "?", u.query, &s->conf->query, s->conf->double_query ? 2 : 1);
	if (s->conf->whole_uri && u.fragment.p)
		put_decoded(s, t, "#", u.fragment, &s->conf->path, 1);
	if (!t->uri.n)
		app_drop(s->app, &t->uri);
	return 0;
}
