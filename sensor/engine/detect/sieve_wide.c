/*
 * sieve_wide - 64 places at once: a table of 128 for each place, where the processor looks up bytes in such.
 */
#include "engine/detect/sieve_places.h"

#include "base/vec.h"

#ifdef __x86_64__

#define WIDE __attribute__((target("avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")))
#define BLOCK SIEVE_BLOCK

/* Places, as many as bits are set in k, from base on. */
WIDE static inline uint32_t
put_places(uint16_t *to, uint64_t k, uint32_t base)
{
	static const uint8_t numbers[64] __attribute__((aligned(64))) = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
		24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
		59, 60, 61, 62, 63 };
	__m512i first = _mm512_set1_epi16((short) base), c = _mm512_maskz_compress_epi8(k, _mm512_load_si512(numbers));
	uint32_t n = (uint32_t) __builtin_popcountll(k);

	_mm512_storeu_si512(to, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(c)), first));
	if (__builtin_expect(n > 32, 0))
		_mm512_storeu_si512(to + 32, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(c, 1)), first));
	return n;
}

/* The k-th bytes of 64 places; of what there is no more (left: bytes from the first place on), zeros. */
WIDE static inline __m512i
last_bytes(const uint8_t *p, uint32_t left, unsigned k)
{
	return _mm512_maskz_loadu_epi8(left > BLOCK ? v64_there(left - k) : v64_there(left) >> k, p + k);
}

/* Whole blocks are loaded, and three bytes more; of the input's end only what is there. *same, unless same_bytes is NULL: a bit for each
 * block in which three of them begin. */
WIDE INLINE uint32_t
sift(const uint8_t (*table)[SIEVE_WIDTH][128], const uint8_t *p, uint32_t places, uint16_t *out, unsigned sets, bool end,
    const uint8_t *same_bytes, uint64_t *same)
{
	__m512i t[SIEVE_SETS][SIEVE_WIDTH][2], wanted[2] = { _mm512_setzero_si512(), _mm512_setzero_si512() };
	uint32_t n = 0;

	for (unsigned half = 0; same_bytes && half < 2; half++)
		wanted[half] = _mm512_loadu_si512(same_bytes + 64 * half);
	for (unsigned s = 0; s < sets; s++)
		for (unsigned k = 0; k < SIEVE_WIDTH; k++)
			for (unsigned half = 0; half < 2; half++)
				t[s][k][half] = _mm512_load_si512(&table[s][k][64 * half]);
	for (uint32_t i = 0; i < places; i += BLOCK) {
		__m512i all = _mm512_setzero_si512(), x[SIEVE_WIDTH];
#pragma GCC unroll 4
		for (unsigned k = 0; k < SIEVE_WIDTH; k++)
			x[k] = end ? last_bytes(p + i, places - i, k) : _mm512_loadu_si512(p + i + k);
		if (sets == SIEVE_SETS && !end)
			__builtin_prefetch(p + i + 512);
#pragma GCC unroll 4
		for (unsigned s = 0; s < sets; s++) {
			__m512i a = _mm512_permutex2var_epi8(t[s][0][0], x[0], t[s][0][1]), b = _mm512_permutex2var_epi8(t[s][1][0], x[1], t[s][1][1]);
			__m512i c = _mm512_permutex2var_epi8(t[s][2][0], x[2], t[s][2][1]), d = _mm512_permutex2var_epi8(t[s][3][0], x[3], t[s][3][1]);
			all = _mm512_or_si512(all, _mm512_and_si512(_mm512_ternarylogic_epi64(a, b, c, 0x80), d));
		}
		if (same_bytes) {
			__m512i any = _mm512_permutex2var_epi8(wanted[0], x[0], wanted[1]);
			uint64_t two = _mm512_mask_cmpeq_epi8_mask(_mm512_test_epi8_mask(any, any), x[0], x[1]);
			*same |= (uint64_t) (_mm512_mask_cmpeq_epi8_mask(two, x[1], x[2]) != 0) << i / BLOCK;
		}
		uint64_t left = _mm512_test_epi8_mask(all, all) & v64_there(places - i);
		if (sets > 1 || left) /* of few literals hardly ever one */
			n += put_places(out + n, left, i);
	}
	return n;
}

WIDE INLINE uint32_t
sift_sets(const struct sieve *s, const uint8_t *p, uint32_t places, uint16_t *out, bool end, const uint8_t *same_bytes, uint64_t *same)
{
	const uint8_t (*table)[SIEVE_WIDTH][128] = (const void *) s->table;

	switch (s->sets) {
	case 0:
		return sift(table, p, places, out, 0, end, same_bytes, same);
	case 1:
		return sift(table, p, places, out, 1, end, same_bytes, same);
	case 2:
		return sift(table, p, places, out, 2, end, same_bytes, same);
	default:
		return sift(table, p, places, out, SIEVE_SETS, end, same_bytes, same);
	}
}

/* A loop of its own for each case. */
WIDE INLINE uint32_t
sift_as(const struct sifting *f, const uint8_t *p, uint32_t places, uint16_t *out, bool end, uint64_t *same)
{
	const uint8_t *same_bytes = f->to->same_bytes;

	return same_bytes ? sift_sets(f->s, p, places, out, end, same_bytes, same) : sift_sets(f->s, p, places, out, end, NULL, same);
}

WIDE void
sieve_wide(const struct sifting *f, uint32_t from, uint32_t places, bool end)
{
	const uint8_t *p = f->in.p + from;
	uint8_t last[SIEVE_BEHIND + SIEVE_ROOM];
	uint16_t at[SIEVE_PIECE + BLOCK];
	uint64_t same = 0;
	uint32_t n = end ? sift_as(f, p, places, at, true, &same) : sift_as(f, p, places, at, false, &same);

	if (same)
		f->to->same(f->to->arg, from, same);
	if (n && end) {
		memset(last, 0, sizeof(last));
		p = memcpy(last, p, places);
	}
	if (n)
		look_at_places(f, p, from, at, n);
}

#endif
