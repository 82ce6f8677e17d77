/*
 * http_chunk - extensions of chunks, which libhtp 0.5 passes over without a word.
 *
 * Spec: RFC 9112 section 7.1: size in hex digits, perhaps ";" and extensions, CRLF, so many bytes, CRLF; the last size is 0.
 *
 * Beside libhtp the same bytes are read from the end of the headers on; the first line that is no size ends that, as it is libhtp
 * that says what is wrong.
 */
#include "engine/app/protocols/http.h"

enum { OFF, BEFORE_SIZE, SIZE, AFTER_SIZE, DATA };

void
http_chunks_begin(struct http *s, int dir, uint64_t at)
{
	s->chunks[dir] = (struct http_chunks) { .state = BEFORE_SIZE, .at = at };
}

void
http_chunks_end(struct http *s, int dir)
{
	s->chunks[dir].state = OFF;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
line_byte(struct http_chunks *c, uint8_t byte)
{
	int digit = c->state == AFTER_SIZE ? -1 : byte_hex(byte);

	if (digit >= 0) {
		c->state = c->left >> 56 ? OFF : SIZE;
		c->left = c->left << 4 | (unsigned) digit;
	} else if (c->state == BEFORE_SIZE) {
		c->state = is_blank(byte) ? BEFORE_SIZE : OFF;
	} else if (byte == '\n') {
		c->state = c->left ? DATA : OFF;
	} else {
		c->state = AFTER_SIZE;
		c->extension |= byte == ';';
	}
}

bool
http_chunks_read(struct http *s, int dir, struct span bytes, uint64_t from, uint64_t to)
{
	struct http_chunks *c = &s->chunks[dir];
	bool before = c->extension;

	if (to > from + bytes.n)
		to = from + bytes.n;
	if (c->at < from) /* not seen: what comes is nobody's line */
		c->state = OFF;
	while (c->state != OFF && c->at < to) {
		uint64_t n = to - c->at;

		if (c->state != DATA) {
			line_byte(c, bytes.p[c->at++ - from]);
			continue;
		}
		n = n < c->left ? n : c->left;
		c->at += n;
		c->left -= n;
		if (!c->left)
			c->state = BEFORE_SIZE;
	}
	return c->extension && !before;
}
