/*
 * word - eight bytes in a word, the first one lowest whatever the machine; sizes of tables that are powers of two.
 *
 * Thread:    anything.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  sixteen bytes and more -> vec.h   eight bytes of a text that is quoted -> json.c
 */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes are read, wherever they lie. */
static inline uint64_t
word_load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline uint64_t
word_each(uint8_t c)
{
	return UINT64_C(0x0101010101010101) * c;
}

/* The high bit of each byte below n, which is at most 128. Of bytes above the lowest such one some may be told, too. */
static inline uint64_t
word_below(uint64_t w, uint8_t n)
{
	return (w - word_each(n)) & ~w & word_each(0x80);
}

/* Leaves the first n bytes. */
static inline uint64_t
word_mask(unsigned n)
{
	return n >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * n) - 1;
}

/* Bits that number at least n things: from `least` to `most` of them. */
static inline unsigned
word_bits(uint64_t n, unsigned least, unsigned most)
{
	while (least < most && UINT64_C(1) << least < n)
		least++;
	return least;
}

#endif
