/*
 * vec - sixteen bytes at once, in GCC's vectors: whatever the processor has for them; more, where x86-64 has more.
 *
 * Thread:    anything.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  eight bytes in a word -> word.h
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <endian.h>
#include <stdint.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

typedef uint8_t v16 __attribute__((vector_size(16)));
typedef uint64_t v16_halves __attribute__((vector_size(16)));

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

/* The same as bits, one each lane. */
static inline uint32_t
v16_bits(v16_halves m)
{
	const uint64_t gather = UINT64_C(0x0102040810204080);

	if (!(m[0] | m[1]))
		return 0;
	return (uint32_t) (v16_lanes(m, 0) * gather >> 56 | v16_lanes(m, 1) * gather >> 56 << 8);
}

/* The first lane that is true; one is. */
static inline uint32_t
v16_first(v16_halves m)
{
	uint64_t low = v16_lanes(m, 0);

	return low ? (uint32_t) __builtin_ctzll(low) / 8 : 8 + (uint32_t) __builtin_ctzll(v16_lanes(m, 1)) / 8;
}

/* Bytes to look at at once; what the processor has is asked as the program runs. At most VEC_LANES, which tests set. */
#ifndef VEC_LANES
#define VEC_LANES 64
#endif
static inline unsigned
vec_lanes(void)
{
#ifdef __x86_64__
	if (VEC_LANES >= 64 && __builtin_cpu_supports("avx512bw"))
		return 64;
	if (VEC_LANES >= 32 && __builtin_cpu_supports("avx2"))
		return 32;
#endif
	return 16;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static inline __m256i
v32_load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i_u *) p);
}

/* Of 64 lanes those that `left` bytes fill; with it as a mask nothing else is read. */
static inline uint64_t
v64_there(uint32_t left)
{
	return left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
}
#endif

#endif
