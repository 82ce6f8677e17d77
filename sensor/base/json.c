/*
 * json - the writer. Every public call writes a whole member behind `n` and moves `n` only when it fitted into
 * cap - depth, so the closing brackets always have their room.
 */
#include "base/json.h"
#include "base/vec.h"
#include "base/word.h"

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

/* Is each of the eight bytes plain? Two ways of being zero, one of being small, one of being 0x7f or more. */
static inline bool
are_plain(uint64_t x)
{
	return !(word_below(x ^ word_each('"'), 1) | word_below(x ^ word_each('\\'), 1) | word_below(x, 0x20) | ((x | (x + word_each(1))) & word_each(0x80)));
}

static inline bool
sixteen_plain(v16 v)
{
	v16_halves odd = (v16_halves) ((v < 0x20) | (v > 0x7e) | (v == '"') | (v == '\\'));

	return !(odd[0] | odd[1]);
}

static inline bool
copy_16(char *to, const uint8_t *p)
{
	v16 v = v16_load(p);

	if (!sixteen_plain(v))
		return false;
	memcpy(to, &v, sizeof(v));
	return true;
}

/* 4 to 15 bytes, the first and the last of them at once. */
static inline bool
copy_short(char *to, const uint8_t *p, size_t n)
{
	uint32_t half[2];
	uint64_t word[2];

	if (n < sizeof(word[0])) {
		memcpy(&half[0], p, sizeof(half[0]));
		memcpy(&half[1], p + n - sizeof(half[1]), sizeof(half[1]));
		if (!are_plain((uint64_t) half[0] << 32 | half[1]))
			return false;
		memcpy(to, &half[0], sizeof(half[0]));
		memcpy(to + n - sizeof(half[1]), &half[1], sizeof(half[1]));
		return true;
	}
	memcpy(&word[0], p, sizeof(word[0]));
	memcpy(&word[1], p + n - sizeof(word[1]), sizeof(word[1]));
	if (!sixteen_plain((v16) (v16_halves) { word[0], word[1] }))
		return false;
	memcpy(to, &word[0], sizeof(word[0]));
	memcpy(to + n - sizeof(word[1]), &word[1], sizeof(word[1]));
	return true;
}

/* Copies plain bytes from the start of n on, as far as they are told to be plain many at a time; how many. */
static inline size_t
copy_plain(char *to, const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (; n - at > 16; at += 16) {
		if (!copy_16(to + at, p + at))
			return at;
	}
	if (n >= 16) /* the last ones together with some that were copied before */
		return copy_16(to + n - 16, p + n - 16) ? n : at;
	if (n >= 4)
		return copy_short(to, p, n) ? n : 0;
	for (; at < n && is_plain(p[at]); at++)
		to[at] = (char) p[at];
	return at;
}

/* What stands there as it is, or one escape. */
static const uint8_t *
put_odd(struct out *o, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *q = p;
	unsigned n;

	while (q < end && is_plain(*q))
		q++;
	put_n(o, p, (size_t) (q - p));
	if (q == end)
		return q;
	n = *q >= 0x80 ? utf8_len(q, (size_t) (end - q)) : 0;
	if (n)
		put_n(o, q, n);
	else
		put_escape(o, *q);
	return q + (n ? n : 1);
}

/* From p on what is not plain throughout, or may not fit. */
static __attribute__((noinline)) void
put_rest(struct out *o, const uint8_t *p, const uint8_t *end)
{
	while (p < end && !o->full) {
		size_t n = (size_t) (end - p);
		if ((size_t) (o->end - o->p) >= n) {
			n = copy_plain(o->p, p, n);
			o->p += n;
			p += n;
		}
		if (p < end)
			p = put_odd(o, p, end);
	}
	put(o, '"');
}

static inline void
put_string(struct out *o, struct span s)
{
	const uint8_t *p = s.n ? s.p : (const uint8_t *) ""; /* no arithmetic on a null pointer */
	size_t n = 0;

	put(o, '"');
	if ((size_t) (o->end - o->p) > s.n) {
		n = copy_plain(o->p, p, s.n);
		o->p += n;
		if (n == s.n) {
			*o->p++ = '"';
			return;
		}
	}
	put_rest(o, p + n, p + s.n);
}

/* Begins a member, which has to leave `closing` bytes beside those of what is open. */
static bool
begin(struct json *j, struct out *o, struct span key, uint32_t closing)
{
	uint32_t kept = j->depth + closing;

	if (j->skip)
		return false;
	if (j->cap < j->n + kept) {
		j->truncated = true;
		return false;
	}
	*o = (struct out) { j->p + j->n, j->p + j->cap - kept, false };
	if (key.p && (size_t) (o->end - o->p) >= key.n + sizeof(",\"\":") - 1) { /* all of it at once */
		char *p = o->p;
		if (j->comma)
			*p++ = ',';
		*p++ = '"';
		if (copy_plain(p, key.p, key.n) == key.n) {
			p[key.n] = '"';
			p[key.n + 1] = ':';
			o->p = p + key.n + 2;
			return true;
		}
	}
	if (j->comma)
		put(o, ',');
	if (key.p) {
		put_string(o, key);
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

void
json_put_text(struct json *j, struct span key, struct span text)
{
	struct out o;

	if (!begin(j, &o, key, 0))
		return;
	put_n(&o, text.p, text.n);
	finish(j, &o);
}

void
json_open(struct json *j, struct span key, char bracket, char closing)
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

#define DIGITS 20 /* of the largest number */

/* Digits, the last one before `end`. */
static char *
u64_text(char *end, uint64_t v)
{
	static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
				    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

	for (; v >= 100; v /= 100) {
		end -= 2;
		memcpy(end, pairs + v % 100 * 2, 2);
	}
	if (v >= 10) {
		end -= 2;
		memcpy(end, pairs + v * 2, 2);
	} else {
		*--end = (char) ('0' + v);
	}
	return end;
}

static unsigned
digits_of(uint64_t v)
{
	unsigned n = 1;

	for (; v >= 10000; v /= 10000)
		n += 4;
	return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

/* Where they belong: digits put elsewhere, and copied at once, would be waited for. */
void
json_put_u64(struct json *j, struct span key, uint64_t v)
{
	unsigned n = digits_of(v);
	struct out o;

	if (!begin(j, &o, key, 0))
		return;
	if ((size_t) (o.end - o.p) < n) {
		o.full = true;
	} else {
		u64_text(o.p + n, v);
		o.p += n;
	}
	finish(j, &o);
}

void
json_put_i64(struct json *j, struct span key, int64_t v)
{
	char text[DIGITS + 1], *end = text + sizeof(text);
	char *p = u64_text(end, v < 0 ? -(uint64_t) v : (uint64_t) v);

	if (v < 0)
		*--p = '-';
	json_put_text(j, key, span_of(p, (size_t) (end - p)));
}

#define DECIMALS 9        /* most times are seconds out of nanoseconds */
#define FEW_DIGITS 1e15   /* below, a double tells each decimal number of so many digits apart */

/* A number of few digits, such as 12 or 0.05: two whole numbers in effect, which also divide to it again. 0: it is none. */
static size_t
print_short(double v, char out[static DIGITS + 3])
{
	double a = fabs(v), scale = 1, whole = a;
	char text[DIGITS], *end = text + DIGITS, *p, *o = out;
	int k = 0;

	if ((a < 1e-4 && a != 0) || a >= FEW_DIGITS || (v == 0 && signbit(v)))
		return 0;
	while (k <= DECIMALS && (whole >= FEW_DIGITS || nearbyint(whole) / scale != a)) {
		scale *= 10;
		whole = a * scale;
		k++;
	}
	if (k > DECIMALS)
		return 0;
	p = u64_text(end, (uint64_t) nearbyint(whole));
	if (v < 0)
		*o++ = '-';
	for (int n = k + 1 - (int) (end - p); n > 0; n--) /* zeros in front, one of them before the point */
		*--p = '0';
	memcpy(o, p, (size_t) (end - p) - (size_t) k);
	o += end - p - k;
	if (k) {
		*o++ = '.';
		memcpy(o, end - k, (size_t) k);
		o += k;
	}
	return (size_t) (o - out);
}

void
json_put_f64(struct json *j, struct span key, double v)
{
	char text[40];
	int n;

	if (!isfinite(v)) {
		json_put_text(j, key, SPAN_LIT("null"));
		return;
	}
	n = (int) print_short(v, text);
	for (int digits = n ? 18 : 15; digits <= 17; digits++) {
		n = snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	json_put_text(j, key, span_of(text, (size_t) n));
}

void
json_put_span(struct json *j, struct span key, struct span s)
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
	if (!begin(j, &o, span_str(key), 0))
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
json_base64(struct json *j, const char *key, struct span s)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct out o;

	if (!begin(j, &o, span_str(key), 0))
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

	if (!begin(j, &o, span_str(key), 0))
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

	if (!begin(j, &o, span_str(key), 0))
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
		json_put_text(j, span_str(key), text);
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
