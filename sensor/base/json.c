/*
 * json - the writer. Every public call writes a whole member behind `n` and moves `n` only when it fitted into
 * cap - depth, so the closing brackets always have their room.
 */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char hex_digit[] = "0123456789abcdef";

/* A member being written: at most up to `end`. */
struct out {
	char *p, *end;
	bool full;
};

void
json_init(struct json *j, char *buf, uint32_t cap)
{
	*j = (struct json) { .p = buf, .cap = cap };
}

static void
put(struct out *o, char c)
{
	if (o->p < o->end)
		*o->p++ = c;
	else
		o->full = true;
}

static void
put_n(struct out *o, const void *p, size_t n)
{
	if ((size_t) (o->end - o->p) < n) {
		o->full = true;
		return;
	}
	if (n)
		memcpy(o->p, p, n);
	o->p += n;
}

static void
put_escape(struct out *o, uint8_t c)
{
	char e[6] = { '\\', 'u', '0', '0', hex_digit[c >> 4], hex_digit[c & 15] };
	static const char brief[] = "\bb\tt\nn\ff\rr\"\"\\\\";

	for (const char *b = brief; *b; b += 2) {
		if ((uint8_t) *b == c) {
			put(o, '\\');
			put(o, b[1]);
			return;
		}
	}
	put_n(o, e, sizeof(e));
}

/* Length of the well-formed UTF-8 sequence at p (RFC 3629 section 4), 0 when it is none. */
static unsigned
utf8_len(const uint8_t *p, size_t left)
{
	unsigned n = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || left < n)
		return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	for (unsigned i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static inline bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void
put_string(struct out *o, struct span s)
{
	const uint8_t *p = s.n ? s.p : (const uint8_t *) "", *end = p + s.n; /* no arithmetic on a null pointer */

	put(o, '"');
	while (p < end && !o->full) {
		const uint8_t *q = p;
		while (q < end && is_plain(*q))
			q++;
		put_n(o, p, (size_t) (q - p));
		p = q;
		if (p == end)
			break;
		unsigned n = *p >= 0x80 ? utf8_len(p, (size_t) (end - p)) : 0;
		if (n)
			put_n(o, p, n);
		else
			put_escape(o, *p);
		p += n ? n : 1;
	}
	put(o, '"');
}

/* Begins a member, which has to leave `closing` bytes beside those of what is open. */
static bool
begin(struct json *j, struct out *o, const char *key, uint32_t closing)
{
	uint32_t kept = j->depth + closing;

	if (j->skip)
		return false;
	if (j->cap < j->n + kept) {
		j->truncated = true;
		return false;
	}
	*o = (struct out) { j->p + j->n, j->p + j->cap - kept, false };
	if (j->comma)
		put(o, ',');
	if (key) {
		put_string(o, span_str(key));
		put(o, ':');
	}
	return true;
}

static bool
finish(struct json *j, const struct out *o)
{
	if (o->full) {
		j->truncated = true;
		return false;
	}
	j->n = (uint32_t) (o->p - j->p);
	j->comma = true;
	return true;
}

static void
member(struct json *j, const char *key, const char *text, size_t n)
{
	struct out o;

	if (!begin(j, &o, key, 0))
		return;
	put_n(&o, text, n);
	finish(j, &o);
}

static void
open_level(struct json *j, const char *key, char bracket, char closing)
{
	struct out o;

	if (j->skip == 0 && j->depth < JSON_DEPTH && begin(j, &o, key, 1)) {
		put(&o, bracket);
		if (finish(j, &o)) {
			j->close[j->depth++] = closing;
			j->comma = false;
			return;
		}
	}
	j->truncated = true;
	j->skip++;
}

void
json_object(struct json *j, const char *key)
{
	open_level(j, key, '{', '}');
}

void
json_array(struct json *j, const char *key)
{
	open_level(j, key, '[', ']');
}

void
json_end(struct json *j)
{
	if (j->skip) {
		j->skip--;
		return;
	}
	if (j->depth == 0)
		return;
	j->p[j->n++] = j->close[--j->depth];
	j->comma = true;
}

static char *
u64_text(char *end, uint64_t v)
{
	do {
		*--end = (char) ('0' + v % 10);
		v /= 10;
	} while (v);
	return end;
}

void
json_u64(struct json *j, const char *key, uint64_t v)
{
	char text[20];
	char *p = u64_text(text + sizeof(text), v);

	member(j, key, p, (size_t) (text + sizeof(text) - p));
}

void
json_i64(struct json *j, const char *key, int64_t v)
{
	char text[21];
	char *p = u64_text(text + sizeof(text), v < 0 ? -(uint64_t) v : (uint64_t) v);

	if (v < 0)
		*--p = '-';
	member(j, key, p, (size_t) (text + sizeof(text) - p));
}

void
json_f64(struct json *j, const char *key, double v)
{
	char text[40];
	int n = 0;

	if (!isfinite(v)) {
		json_null(j, key);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	member(j, key, text, (size_t) n);
}

void
json_bool(struct json *j, const char *key, bool v)
{
	member(j, key, v ? "true" : "false", v ? 4 : 5);
}

void
json_null(struct json *j, const char *key)
{
	member(j, key, "null", 4);
}

void
json_span(struct json *j, const char *key, struct span s)
{
	struct out o;

	if (!begin(j, &o, key, 0))
		return;
	put_string(&o, s);
	finish(j, &o);
}

static bool
is_utf8(struct span s)
{
	for (uint32_t i = 0; i < s.n;) {
		unsigned n = s.p[i] < 0x80 ? 1 : utf8_len(s.p + i, s.n - i);

		if (!n)
			return false;
		i += n;
	}
	return true;
}

void
json_escaped(struct json *j, const char *key, struct span s)
{
	static const char digit[] = "0123456789abcdef";
	struct out o;

	if (is_utf8(s)) {
		json_span(j, key, s);
		return;
	}
	if (!begin(j, &o, key, 0))
		return;
	put(&o, '"');
	for (uint32_t i = 0; i < s.n && !o.full; i++) {
		char text[5] = { '\\', '\\', 'x', digit[s.p[i] >> 4], digit[s.p[i] & 15] };

		if (is_plain(s.p[i]))
			put(&o, (char) s.p[i]);
		else if (s.p[i] < 0x80)
			put_escape(&o, s.p[i]);
		else
			put_n(&o, (const uint8_t *) text, sizeof(text));
	}
	put(&o, '"');
	finish(j, &o);
}

void
json_str(struct json *j, const char *key, const char *s)
{
	if (s)
		json_span(j, key, span_str(s));
	else
		json_null(j, key);
}

void
json_base64(struct json *j, const char *key, struct span s)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct out o;

	if (!begin(j, &o, key, 0))
		return;
	put(&o, '"');
	for (uint32_t i = 0; i < s.n && !o.full; i += 3) {
		uint32_t left = s.n - i;
		uint32_t v = (uint32_t) s.p[i] << 16 | (left > 1 ? (uint32_t) s.p[i + 1] << 8 : 0) |
		    (left > 2 ? s.p[i + 2] : 0);
		char four[4] = { digit[v >> 18], digit[v >> 12 & 63], left > 1 ? digit[v >> 6 & 63] : '=',
			left > 2 ? digit[v & 63] : '=' };
		put_n(&o, four, 4);
	}
	put(&o, '"');
	finish(j, &o);
}

void
json_hex(struct json *j, const char *key, struct span s, char sep)
{
	struct out o;

	if (!begin(j, &o, key, 0))
		return;
	put(&o, '"');
	for (uint32_t i = 0; i < s.n && !o.full; i++) {
		if (i && sep)
			put(&o, sep);
		put(&o, hex_digit[s.p[i] >> 4]);
		put(&o, hex_digit[s.p[i] & 15]);
	}
	put(&o, '"');
	finish(j, &o);
}

void
json_printable(struct json *j, const char *key, struct span s)
{
	struct out o;

	if (!begin(j, &o, key, 0))
		return;
	put(&o, '"');
	for (uint32_t i = 0; i < s.n && !o.full; i++) {
		uint8_t c = s.p[i];
		if (is_plain(c))
			put(&o, (char) c);
		else if (c == '"' || c == '\\' || c == '\n' || c == '\r')
			put_escape(&o, c);
		else
			put(&o, '.');
	}
	put(&o, '"');
	finish(j, &o);
}

void
json_raw(struct json *j, const char *key, struct span text)
{
	if (text.n)
		member(j, key, (const char *) text.p, text.n);
}

struct json_mark
json_mark(const struct json *j)
{
	return (struct json_mark) { j->n, j->depth, j->skip, j->comma };
}

void
json_undo(struct json *j, struct json_mark m)
{
	j->n = m.n;
	j->depth = m.depth;
	j->skip = m.skip;
	j->comma = m.comma;
}

struct span
json_text(struct json *j)
{
	j->skip = 0;
	while (j->depth)
		json_end(j);
	if (j->n < j->cap)
		j->p[j->n] = 0;
	return span_of(j->p, j->n);
}
