/*
 * sieve_narrow - 32 places at once, where the processor looks up bytes in tables of sixteen: four of them make one of 64 for a place.
 */
#include "engine/detect/sieve_places.h"

#include "base/vec.h"

#ifdef __x86_64__

#define NARROW __attribute__((target("avx2,popcnt,bmi,bmi2")))
#define HALF 32
#define CLASSES sieve_classes(HALF)
#define END_ROOM 160 /* SIEVE_BEHIND, and what is loaded with the last place */

/* Of 32 bytes what their classes are made of: the lower four bits, and in the highest of each byte the fourth, and the sixth. */
struct classed {
	__m256i low, by4, by6;
};

NARROW INLINE struct classed
classed_load(const uint8_t *p)
{
	__m256i x = v32_load(p);

	return (struct classed) { _mm256_and_si256(x, _mm256_set1_epi8(15)), _mm256_slli_epi16(x, 3), _mm256_add_epi8(x, x) };
}

NARROW INLINE __m256i
sixteen(const uint8_t *table, __m256i low)
{
	return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *) (const void *) table)), low);
}

NARROW INLINE __m256i
buckets_of(const uint8_t *table, struct classed x)
{
	__m256i a = _mm256_blendv_epi8(sixteen(table, x.low), sixteen(table + 16, x.low), x.by4);
	__m256i b = _mm256_blendv_epi8(sixteen(table + 32, x.low), sixteen(table + 48, x.low), x.by4);

	return _mm256_blendv_epi8(a, b, x.by6);
}

/* Of `halves` times 32 places those that the tables leave. */
NARROW INLINE uint64_t
sift(const uint8_t *table, const uint8_t *p, unsigned sets, unsigned halves)
{
	__m256i left[SIEVE_SETS][2];
	uint64_t bits = 0;

#pragma GCC unroll 4
	for (unsigned k = 0; k < SIEVE_WIDTH; k++)
#pragma GCC unroll 2
		for (unsigned h = 0; h < halves; h++) {
			struct classed x = classed_load(p + HALF * h + k);
#pragma GCC unroll 4
			for (unsigned s = 0; s < sets; s++) {
				__m256i b = buckets_of(table + (s * SIEVE_WIDTH + k) * CLASSES, x);
				left[s][h] = k ? _mm256_and_si256(left[s][h], b) : b;
			}
		}
#pragma GCC unroll 2
	for (unsigned h = 0; h < halves; h++) {
		__m256i any = left[0][h];
#pragma GCC unroll 4
		for (unsigned s = 1; s < sets; s++)
			any = _mm256_or_si256(any, left[s][h]);
		uint32_t none = (uint32_t) _mm256_movemask_epi8(_mm256_cmpeq_epi8(any, _mm256_setzero_si256()));
		bits |= (uint64_t) ~none << HALF * h;
	}
	return bits;
}

/* Places, as many as bits are set in k, from base on. `mostly` are written in any case: most blocks have no more. */
NARROW INLINE uint32_t
put_places(uint16_t *to, uint64_t k, uint32_t base, uint32_t mostly)
{
	uint32_t n = (uint32_t) _mm_popcnt_u64(k), i = 0;

#pragma GCC unroll 16
	for (; i < mostly; i++, k = _blsr_u64(k))
		to[i] = (uint16_t) (base + (uint32_t) _tzcnt_u64(k));
	for (; __builtin_expect(i < n, 0); i++, k = _blsr_u64(k))
		to[i] = (uint16_t) (base + (uint32_t) _tzcnt_u64(k));
	return n;
}

/* Do three same bytes begin at one of 32 places, of a byte that somebody wants? */
NARROW INLINE bool
same_in(const uint8_t *p, uint32_t places, const uint8_t *same_bytes)
{
	__m256i b = v32_load(p + 1), same = _mm256_and_si256(_mm256_cmpeq_epi8(v32_load(p), b), _mm256_cmpeq_epi8(b, v32_load(p + 2)));
	uint64_t bits = (uint32_t) _mm256_movemask_epi8(same) & v64_there(places);
	bool any = false;

	while (__builtin_expect(bits != 0, 0)) {
		any |= same_bytes[p[__builtin_ctzll(bits)] & 127] != 0;
		bits &= bits + (bits & -bits); /* the next run */
	}
	return any;
}

NARROW INLINE uint32_t
sift_places(const struct sieve *s, const uint8_t *p, uint32_t places, uint16_t *out, unsigned sets, const uint8_t *same_bytes, uint64_t *same)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < places; i += 2 * HALF) {
		unsigned halves = places - i > HALF ? 2 : 1;
		if (same_bytes && (same_in(p + i, places - i, same_bytes) || (halves == 2 && same_in(p + i + HALF, places - i - HALF, same_bytes))))
			*same |= UINT64_C(1) << i / SIEVE_BLOCK;
		if (!sets)
			continue;
		uint64_t left = (halves == 2 ? sift(s->table, p + i, sets, 2) : sift(s->table, p + i, sets, 1)) & v64_there(places - i);
		if (sets > 1 || left) /* of few literals hardly ever one */
			n += put_places(out + n, left, i, 4 * sets);
	}
	return n;
}

NARROW INLINE uint32_t
sift_sets(const struct sieve *s, const uint8_t *p, uint32_t places, uint16_t *out, const uint8_t *same_bytes, uint64_t *same)
{
	switch (s->sets) {
	case 0:
		return sift_places(s, p, places, out, 0, same_bytes, same);
	case 1:
		return sift_places(s, p, places, out, 1, same_bytes, same);
	case 2:
		return sift_places(s, p, places, out, 2, same_bytes, same);
	default:
		return sift_places(s, p, places, out, SIEVE_SETS, same_bytes, same);
	}
}

/* The end of an input, and zeros behind it. */
NARROW INLINE void
copy_end(uint8_t *to, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < END_ROOM; i += HALF)
		_mm256_storeu_si256((__m256i_u *) (to + i), _mm256_setzero_si256());
	if (n >= HALF) {
		__m256i first = v32_load(p), last = v32_load(p + n - HALF);
		if (n > 2 * HALF)
			_mm256_storeu_si256((__m256i_u *) (to + HALF), v32_load(p + HALF));
		_mm256_storeu_si256((__m256i_u *) to, first);
		_mm256_storeu_si256((__m256i_u *) (to + n - HALF), last);
	} else if (n >= 16) {
		v16 first = v16_load(p), last = v16_load(p + n - 16);
		memcpy(to, &first, 16);
		memcpy(to + n - 16, &last, 16);
	} else if (n >= 8) {
		uint64_t first = word_load(p), last = word_load(p + n - 8);
		memcpy(to, &first, 8);
		memcpy(to + n - 8, &last, 8);
	} else {
		for (uint32_t i = 0; i < n; i++)
			to[i] = p[i];
	}
}

NARROW void
sieve_narrow(const struct sifting *f, uint32_t from, uint32_t places, bool end)
{
	const uint8_t *p = f->in.p + from, *same_bytes = f->to->same_bytes;
	uint8_t last[END_ROOM];
	uint16_t at[SIEVE_PIECE + SIEVE_BLOCK];
	uint64_t same = 0;

	if (end) {
		copy_end(last, p, places);
		p = last;
	}
	uint32_t n = same_bytes ? sift_sets(f->s, p, places, at, same_bytes, &same) : sift_sets(f->s, p, places, at, NULL, &same);
	if (same)
		f->to->same(f->to->arg, from, same);
	if (n)
		look_at_places(f, p, from, at, n);
}

#endif
