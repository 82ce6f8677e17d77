/*
 * http_word - the words of first lines, numbers, hosts with ports: what they say, and what is read in them all the same.
 *
 * Thread:    the worker's.
 * Memory:    none; what is found is told by where it lies.
 * Owns:      nothing.
 * Not here:  the target's parts -> http_uri.c
 *
 * Spec: RFC 9112 section 3 (request line), 4 (status line), 7.1 (chunks); RFC 9110 section 8.6 (Content-Length); RFC 3986
 * section 3.2 (authority). Servers take more than that, and so does this, in the way of libhtp 0.5.
 */
#include "engine/app/protocols/http.h"

#include <arpa/inet.h>

#define HOST_MAX 255u
#define LABEL_MAX 63u

bool
http_same(struct span a, const char *b)
{
	size_t n = strlen(b);
	uint32_t k = 0;

	if (a.n == n && span_eq_nocase(a, span_of(b, n)))
		return true;
	for (uint32_t i = 0; i < a.n; i++) {
		if (!a.p[i])
			continue;
		if (k >= n || byte_lower(a.p[i]) != (uint8_t) b[k])
			return false;
		k++;
	}
	return k == n;
}

const uint8_t *
http_find(struct span s, const char *what, bool nuls)
{
	for (uint32_t i = 0; i < s.n; i++) {
		uint32_t k = 0;

		for (uint32_t j = i; what[k] && j < s.n; j++)
			if (byte_lower(s.p[j]) == (uint8_t) what[k])
				k++;
			else if (!nuls || s.p[j])
				break;
		if (!what[k])
			return s.p + i;
	}
	return NULL;
}

/* ---- methods ---- */

/* Those of which something follows have a value of their own. */
enum http_method
http_method_of(struct span name)
{
	static const struct {
		const char *name;
		enum http_method m;
	} methods[] = { { "GET", HTTP_M_KNOWN }, { "POST", HTTP_M_POST }, { "HEAD", HTTP_M_HEAD }, { "PUT", HTTP_M_PUT },
		{ "CONNECT", HTTP_M_CONNECT }, { "OPTIONS", HTTP_M_KNOWN }, { "DELETE", HTTP_M_KNOWN }, { "TRACE", HTTP_M_KNOWN },
		{ "PATCH", HTTP_M_KNOWN }, { "PROPFIND", HTTP_M_KNOWN }, { "PROPPATCH", HTTP_M_KNOWN }, { "MKCOL", HTTP_M_KNOWN },
		{ "COPY", HTTP_M_KNOWN }, { "MOVE", HTTP_M_KNOWN }, { "LOCK", HTTP_M_KNOWN }, { "UNLOCK", HTTP_M_KNOWN },
		{ "VERSION-CONTROL", HTTP_M_KNOWN }, { "CHECKOUT", HTTP_M_KNOWN }, { "UNCHECKOUT", HTTP_M_KNOWN },
		{ "CHECKIN", HTTP_M_KNOWN }, { "UPDATE", HTTP_M_KNOWN }, { "LABEL", HTTP_M_KNOWN }, { "REPORT", HTTP_M_KNOWN },
		{ "MKWORKSPACE", HTTP_M_KNOWN }, { "MKACTIVITY", HTTP_M_KNOWN }, { "BASELINE-CONTROL", HTTP_M_KNOWN },
		{ "MERGE", HTTP_M_KNOWN }, { "INVALID", HTTP_M_KNOWN } };

	for (unsigned i = 0; name.n >= 3 && i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].name[0] == name.p[0] && span_eq(name, span_str(methods[i].name)))
			return methods[i].m;
	return HTTP_M_UNKNOWN;
}

/* ---- numbers ---- */

static int
digit(uint8_t c, int base)
{
	int v = byte_hex(c);

	return v < base ? v : -1;
}

/* The digits at the beginning; *n = how many of them. -1: none, -2: too many. */
static int64_t
digits(struct span t, int base, uint32_t *n)
{
	int64_t v = 0;

	for (*n = 0; *n < t.n && digit(t.p[*n], base) >= 0; (*n)++) {
		if (v > (INT64_MAX - digit(t.p[*n], base)) / base)
			return -2;
		v = v * base + digit(t.p[*n], base);
	}
	return *n ? v : -1;
}

static int64_t
number(struct span t, int base)
{
	uint32_t n;
	int64_t v;

	while (t.n && http_blank(t.p[0]))
		t = span_skip(t, 1);
	v = digits(t, base, &n);
	if (v < 0)
		return v;
	for (t = span_skip(t, n); t.n; t = span_skip(t, 1))
		if (!http_blank(t.p[0]))
			return -1;
	return v;
}

int64_t
http_length(struct http *s, struct http_tx *t, struct span b)
{
	bool odd = false;
	uint32_t n;
	int64_t v;

	while (b.n && digit(b.p[0], 10) < 0) {
		odd |= !http_blank(b.p[0]);
		b = span_skip(b, 1);
	}
	if (s && odd)
		http_note(s, t, HTTP_EV_NONE);
	if (!b.n)
		return -1001;
	v = digits(b, 10, &n);
	if (s && v >= 0 && n < b.n)
		http_note(s, t, HTTP_EV_NONE);
	return v;
}

int64_t
http_chunk_length(struct span l)
{
	uint32_t n;
	int64_t v;

	while (l.n && http_space(l.p[0]))
		l = span_skip(l, 1);
	if (!l.n)
		return HTTP_CHUNK_EMPTY;
	v = digits(l, 16, &n);
	return v > INT32_MAX ? -1 : v;
}

/* ---- first lines ---- */

static int
version_of(struct span p)
{
	if (p.n != 8 || memcmp(p.p, "HTTP/", 5) != 0 || p.p[6] != '.')
		return HTTP_VERSION_INVALID;
	if (p.p[5] == '0')
		return p.p[7] == '9' ? HTTP_VERSION_0_9 : HTTP_VERSION_INVALID;
	if (p.p[5] != '1' || (p.p[7] != '0' && p.p[7] != '1'))
		return HTTP_VERSION_INVALID;
	return p.p[7] == '1' ? HTTP_VERSION_1_1 : HTTP_VERSION_1_0;
}

static struct http_ref
ref(uint32_t at, uint32_t from, uint32_t to)
{
	return (struct http_ref) { 1 + at + from, to - from };
}

/* The target goes up to the last blank, since there are some with blanks in them. *odd: others than the blank part it. */
static uint32_t
target_end(struct span l, uint32_t from, bool *odd)
{
	uint32_t pos = l.n - 1, last = pos;
	bool other = false;

	*odd = false;
	while (pos > from && http_space(l.p[pos]))
		pos--;
	while (pos > from && l.p[pos] != ' ')
		other |= http_space(l.p[pos--]);
	if (pos == from && other) {
		*odd = true;
		for (pos = last; pos > from && !http_space(l.p[pos]);)
			pos--;
		return pos;
	}
	for (uint32_t i = from; i < pos && !*odd; i++)
		*odd = l.p[i] != ' ' && http_space(l.p[i]);
	return pos;
}

/* A request line without a protocol. */
static void
is_simple(struct http *s, struct http_tx *t)
{
	t->simple = true;
	t->head[TO_SERVER].version = HTTP_VERSION_0_9;
	if (t->method == HTTP_M_UNKNOWN)
		http_note(s, t, HTTP_EV_REQ_LINE);
}

static uint32_t
past_spaces(struct span l, uint32_t pos)
{
	while (pos < l.n && http_space(l.p[pos]))
		pos++;
	return pos;
}

static uint32_t
past_word(struct span l, uint32_t pos)
{
	while (pos < l.n && !http_space(l.p[pos]))
		pos++;
	return pos;
}

void
http_parse_request_line(struct http *s, struct http_tx *t, struct span l, uint32_t at)
{
	struct http_head *h = &t->head[TO_SERVER];
	uint32_t pos, from, end;
	bool odd = false;

	h->line = ref(at, 0, l.n);
	if (s->conf->nul_ends_line && l.n && memchr(l.p, 0, l.n))
		l.n = (uint32_t) ((const uint8_t *) memchr(l.p, 0, l.n) - l.p);
	pos = past_spaces(l, 0);
	if (pos)
		http_note(s, t, HTTP_EV_LEADING_SPACE);
	from = pos && s->conf->keep_leading ? 0 : pos;
	pos = past_word(l, pos);
	t->method_name = ref(at, from, pos);
	t->method = (uint8_t) http_method_of(span_of(l.p + from, pos - from));
	for (; pos < l.n && http_space(l.p[pos]); pos++)
		odd |= l.p[pos] != ' ';
	if (odd)
		http_note(s, t, HTTP_EV_METHOD_DELIM);
	if (pos == l.n) {
		is_simple(s, t);
		return;
	}
	end = target_end(l, pos, &odd);
	if (odd)
		http_note(s, t, HTTP_EV_URI_DELIM);
	if (end == pos && !odd)
		end = l.n;
	t->target = ref(at, pos, end);
	pos = past_spaces(l, end);
	if (pos == l.n) {
		is_simple(s, t);
		return;
	}
	h->protocol = ref(at, pos, l.n);
	h->version = version_of(span_of(l.p + pos, l.n - pos));
	if (t->method == HTTP_M_UNKNOWN && h->version == HTTP_VERSION_INVALID)
		http_note(s, t, HTTP_EV_REQ_LINE);
}

bool
http_is_body(struct span l)
{
	uint32_t i = 0;

	while (i < l.n && (http_space(l.p[i]) || !l.p[i]))
		i++;
	return !span_eq_nocase(span_head(span_skip(l, i), 4), SPAN_LIT("http"));
}

void
http_parse_status_line(struct http_tx *t, struct span l, uint32_t at)
{
	struct http_head *h = &t->head[TO_CLIENT];
	uint32_t from = past_spaces(l, 0), pos = past_word(l, from);
	int64_t v;

	h->line = ref(at, 0, l.n);
	h->protocol = t->status_name = t->reason = (struct http_ref) { 0, 0 };
	h->version = HTTP_VERSION_INVALID;
	t->status = -1;
	if (pos == from)
		return;
	h->protocol = ref(at, from, pos);
	h->version = version_of(span_of(l.p + from, pos - from));
	from = past_spaces(l, pos);
	if (from == l.n)
		return;
	pos = past_word(l, from);
	t->status_name = ref(at, from, pos);
	v = number(span_of(l.p + from, pos - from), 10);
	t->status = v >= 100 && v <= 999 ? (int) v : -1;
	pos = past_spaces(l, pos);
	if (pos < l.n)
		t->reason = ref(at, pos, l.n);
}

/* ---- hosts ---- */

int
http_port(struct span t)
{
	int64_t v = number(t, 10);

	return v > 0 && v < 65536 ? (int) v : -1;
}

static bool
address_valid(struct span h)
{
	struct in6_addr a;
	char text[INET6_ADDRSTRLEN];

	if (h.n < 2 || h.n - 2 >= sizeof(text))
		return false;
	memcpy(text, h.p + 1, h.n - 2);
	text[h.n - 2] = 0;
	return inet_pton(AF_INET6, text, &a) == 1;
}

bool
http_host_valid(struct span h)
{
	uint32_t label = 0;

	if (!h.n || h.n > HOST_MAX)
		return false;
	if (h.p[0] == '[')
		return address_valid(h);
	for (uint32_t i = 0; i < h.n; i++) {
		uint8_t c = h.p[i] | 0x20;

		if (h.p[i] == '.') {
			if (i == label || i - label > LABEL_MAX)
				return false;
			label = i + 1;
		} else if (!(c >= 'a' && c <= 'z') && !(h.p[i] >= '0' && h.p[i] <= '9') && h.p[i] != '-' && h.p[i] != '_') {
			return false;
		}
	}
	return h.n - label <= LABEL_MAX;
}

static struct http_authority
with_port(struct span host, struct span port)
{
	struct http_authority a = { .host = host, .port = port, .number = http_port(port) };

	a.invalid = a.number < 0;
	return a;
}

struct http_authority
http_authority(struct span t)
{
	struct http_authority a = { .number = -1 };
	const uint8_t *end;
	uint32_t n;

	while (t.n && http_space(t.p[0]))
		t = span_skip(t, 1);
	while (t.n && http_space(t.p[t.n - 1]))
		t.n--;
	a.invalid = !t.n || (t.p[0] == '[' && !memchr(t.p, ']', t.n));
	if (a.invalid)
		return a;
	if (t.p[0] == '[') {
		n = (uint32_t) ((const uint8_t *) memchr(t.p, ']', t.n) - t.p) + 1;
		a.host = span_head(t, n);
		if (n < t.n && t.p[n] == ':')
			return with_port(a.host, span_skip(t, n + 1));
		a.invalid = n < t.n;
		return a;
	}
	if (!(end = memchr(t.p, ':', t.n))) {
		a.host = t;
		return a;
	}
	n = (uint32_t) (end - t.p);
	while (n && http_space(t.p[n - 1]))
		n--;
	return with_port(span_head(t, n), span_skip(t, (uint32_t) (end - t.p) + 1));
}
