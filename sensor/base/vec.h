/*
 * vec - sixteen bytes at once, in GCC's vectors: whatever the processor has for them.
 *
 * Thread:    anything.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  eight bytes in a word -> json.c, anchors.c
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t v16 __attribute__((vector_size(16)));
typedef uint64_t v16_halves __attribute__((vector_size(16)));
typedef uint32_t v16_words __attribute__((vector_size(16)));

static inline v16
v16_load(const uint8_t *p)
{
	v16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Of a comparison's result: which lanes of a half are true, a bit in the lowest of each eight. */
static inline uint64_t
v16_lanes(v16_halves m, unsigned half)
{
	return le64toh(m[half]) & UINT64_C(0x0101010101010101);
}

/* The first lane that is true; one is. */
static inline uint32_t
v16_first(v16_halves m)
{
	uint64_t low = v16_lanes(m, 0);

	return low ? (uint32_t) __builtin_ctzll(low) / 8 : 8 + (uint32_t) __builtin_ctzll(v16_lanes(m, 1)) / 8;
}

#endif
