/*
 * span - bytes somebody else owns, and a reader that never leaves them.
 *
 * Thread:    any; values only.
 * Memory:    none; a span borrows.
 * Owns:      nothing.
 * Not here:  growing byte buffers -> buf.h (heap), pool.h (engine)
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	uint32_t n; /* bytes */
};

#define SPAN_NONE ((struct span) { NULL, 0 })
#define SPAN_LIT(s) ((struct span) { (const uint8_t *) (s), sizeof(s) - 1 })

static inline struct span
span_of(const void *p, size_t n)
{
	return (struct span) { p, (uint32_t) n };
}

static inline struct span
span_str(const char *s)
{
	return span_of(s, s ? strlen(s) : 0);
}

/* ASCII only, whatever the locale. */
static inline uint8_t
byte_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static inline bool
byte_letter(uint8_t c)
{
	return (uint8_t) ((c | 0x20) - 'a') < 26;
}

/* The value of a hexadecimal digit in either case; -1: it is none. */
static inline int
byte_hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Letters of ASCII in either case are the same. */
static inline bool
span_eq_nocase(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (uint32_t i = 0; i < a.n; i++) {
		uint8_t x = a.p[i] ^ b.p[i], low = a.p[i] | 0x20;

		if (x && (x != 0x20 || low < 'a' || low > 'z'))
			return false;
	}
	return true;
}

/* strcmp() == 0, for lists of words of which most begin otherwise. */
static inline bool
text_same(const char *a, const char *b)
{
	return *a == *b && strcmp(a, b) == 0;
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Handed on by its members: the processor would wait to read as a whole what was just written in pieces. */
static inline struct span
span_parts(const struct span *s)
{
	return span_of(s->p, s->n);
}

/* s without its first k bytes; empty when it is shorter. */
static inline struct span
span_skip(struct span s, uint32_t k)
{
	if (s.n == 0)
		return s;
	return k >= s.n ? span_of(s.p + s.n, 0) : span_of(s.p + k, s.n - k);
}

/* the first k bytes of s at most. */
static inline struct span
span_head(struct span s, uint32_t k)
{
	return span_of(s.p, k < s.n ? k : s.n);
}

/*
 * A cursor with a sticky error: read on without checks, look at `bad` once at the end. After a read past
 * the end every value is 0, every span empty, and the position stays.
 */
struct rd {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct rd
rd_of(struct span s)
{
	static const uint8_t nowhere[1];
	const uint8_t *p = s.n || s.p ? s.p : nowhere; /* no arithmetic on a null pointer, not even + 0 */

	return (struct rd) { p, p + s.n, false };
}

static inline uint32_t
rd_left(const struct rd *r) /* 0 after a bad read: `while (rd_left(&r))` always ends */
{
	return r->bad ? 0 : (uint32_t) (r->end - r->p);
}

static inline bool
rd_need(struct rd *r, size_t n)
{
	if (r->bad || (size_t) (r->end - r->p) < n)
		r->bad = true;
	return !r->bad;
}

static inline uint8_t
rd_u8(struct rd *r)
{
	return rd_need(r, 1) ? *r->p++ : 0;
}

static inline uint16_t
rd_u16(struct rd *r) /* big-endian, as all rd_uN without a suffix */
{
	if (!rd_need(r, 2))
		return 0;
	r->p += 2;
	return (uint16_t) (r->p[-2] << 8 | r->p[-1]);
}

static inline uint32_t
rd_u24(struct rd *r)
{
	if (!rd_need(r, 3))
		return 0;
	r->p += 3;
	return (uint32_t) r->p[-3] << 16 | (uint32_t) r->p[-2] << 8 | r->p[-1];
}

static inline uint32_t
rd_u32(struct rd *r)
{
	if (!rd_need(r, 4))
		return 0;
	r->p += 4;
	return (uint32_t) r->p[-4] << 24 | (uint32_t) r->p[-3] << 16 | (uint32_t) r->p[-2] << 8 | r->p[-1];
}

static inline uint64_t
rd_u64(struct rd *r)
{
	if (!rd_need(r, 8))
		return 0;
	uint64_t hi = rd_u32(r);
	return hi << 32 | rd_u32(r);
}

static inline uint16_t
rd_u16le(struct rd *r)
{
	return __builtin_bswap16(rd_u16(r));
}

static inline uint32_t
rd_u32le(struct rd *r)
{
	return __builtin_bswap32(rd_u32(r));
}

static inline uint64_t
rd_u64le(struct rd *r)
{
	return __builtin_bswap64(rd_u64(r));
}

/* the next n bytes as a span, and past them. */
static inline struct span
rd_span(struct rd *r, size_t n)
{
	if (!rd_need(r, n))
		return SPAN_NONE;
	r->p += n;
	return span_of(r->p - n, n);
}

static inline void
rd_skip(struct rd *r, size_t n)
{
	if (rd_need(r, n))
		r->p += n;
}

/* everything left, without moving. */
static inline struct span
rd_rest(const struct rd *r)
{
	return r->bad ? SPAN_NONE : span_of(r->p, r->end - r->p);
}

/* Zeroes, by the library's memset(): what compilers make of a size they know takes longer to get going than it takes in all. */
static inline void
wipe(void *p, size_t n)
{
	__asm__("" : "+r"(n));
	memset(p, 0, n);
}

/* The cache lines of n bytes at p are fetched: they will soon be wanted. */
static inline void
fetch(const void *p, size_t n)
{
	for (size_t at = 0; at < n; at += 64)
		__builtin_prefetch((const uint8_t *) p + at);
}

#endif
