/*
 * Source: BEP 3, "bencoding": 4:spam, i-3e, l...e, d...e. Bounds: BENCODE_DEPTH brackets, nine digits of length, eighteen of value.
 */
#include "engine/app/protocols/bencode.h"

#define LENGTH_DIGITS 9u
#define VALUE_DIGITS 18u

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "4:spam", the first digit read already. */
static struct span
string_from(struct rd *r, uint8_t first)
{
	uint32_t n = first - '0';

	for (unsigned digits = 1;; digits++) {
		uint8_t c = rd_u8(r);

		if (c == ':')
			return rd_span(r, n);
		if (!is_digit(c) || digits == LENGTH_DIGITS) {
			r->bad = true;
			return SPAN_NONE;
		}
		n = n * 10 + (c - '0');
	}
}

/* "-3e" */
static struct span
integer_from(struct rd *r)
{
	struct span rest = rd_rest(r);
	uint32_t n = 0;

	while (n < rest.n && n <= VALUE_DIGITS + 1 && (is_digit(rest.p[n]) || (n == 0 && rest.p[0] == '-')))
		n++;
	if (n == rest.n || rest.p[n] != 'e') {
		r->bad = true;
		return SPAN_NONE;
	}
	rd_skip(r, (size_t) n + 1);
	return span_head(rest, n);
}

/* The end of a list or dictionary whose first letter is read: what is inside is walked over, not understood. */
static struct span
inside_from(struct rd *r)
{
	struct span rest = rd_rest(r);
	unsigned depth = 1;

	while (depth && !r->bad) {
		uint8_t c = rd_u8(r);

		if (c == 'e')
			depth--;
		else if (c == 'l' || c == 'd')
			r->bad |= ++depth > BENCODE_DEPTH;
		else if (c == 'i')
			integer_from(r);
		else if (is_digit(c))
			string_from(r, c);
		else
			r->bad = true;
	}
	return r->bad ? SPAN_NONE : span_head(rest, rest.n - rd_left(r) - 1);
}

bool
bencode_next(struct rd *r, struct bencode *out)
{
	uint8_t c;

	if (!rd_left(r))
		return false;
	c = rd_u8(r);
	if (is_digit(c))
		*out = (struct bencode) { BENCODE_STRING, string_from(r, c) };
	else if (c == 'i')
		*out = (struct bencode) { BENCODE_INTEGER, integer_from(r) };
	else if (c == 'l' || c == 'd')
		*out = (struct bencode) { c == 'l' ? BENCODE_LIST : BENCODE_DICT, inside_from(r) };
	else
		r->bad = true;
	return !r->bad;
}

bool
bencode_get(struct span dict, const char *key, struct bencode *out)
{
	struct rd r = rd_of(dict);
	struct span want = span_str(key);
	struct bencode k;

	while (bencode_next(&r, &k) && k.kind == BENCODE_STRING && bencode_next(&r, out))
		if (span_eq(k.body, want))
			return true;
	return false;
}

bool
bencode_get_kind(struct span dict, const char *key, enum bencode_kind kind, struct span *body)
{
	struct bencode v;

	if (!bencode_get(dict, key, &v) || v.kind != kind)
		return false;
	*body = v.body;
	return true;
}

bool
bencode_integer(struct span body, int64_t *out)
{
	bool minus = body.n && body.p[0] == '-';
	struct span digits = span_skip(body, minus);
	int64_t v = 0;

	if (digits.n == 0 || digits.n > VALUE_DIGITS)
		return false;
	for (uint32_t i = 0; i < digits.n; i++)
		v = v * 10 + (digits.p[i] - '0');
	*out = minus ? -v : v;
	return true;
}
