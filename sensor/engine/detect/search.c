/*
 * search - where a content is in a buffer.
 *
 * As many places at once as the processor has lanes for bytes are compared by the first and the last byte; the others where both
 * fit.
 */
#include "base/vec.h"
#include "engine/detect/engine.h"

struct wanted {
	const uint8_t *p;
	uint32_t n;
	bool nocase;
	uint8_t first, last, fold_first, fold_last; /* x | fold == first: fits */
};

static inline uint8_t
either_case(uint8_t low, bool nocase)
{
	return nocase && low >= 'a' && low <= 'z' ? 0x20 : 0;
}

/* The bytes between, where the first and the last fit. */
static inline bool
same(const struct wanted *w, const uint8_t *at)
{
	if (w->n <= 2)
		return true;
	return w->nocase ? span_eq_nocase(span_of(at, w->n), span_of(w->p, w->n)) : memcmp(at + 1, w->p + 1, w->n - 2) == 0;
}

/* The first place from `at` on that fits, of those that have a bit. UINT32_MAX: none. */
static inline uint32_t
first_same(const struct wanted *w, const uint8_t *at, uint64_t bits)
{
	for (; bits; bits &= bits - 1) {
		uint32_t k = (uint32_t) __builtin_ctzll(bits);
		if (same(w, at + k))
			return k;
	}
	return UINT32_MAX;
}

static uint32_t
find_one_by_one(const struct wanted *w, const uint8_t *hay, uint32_t places)
{
	for (uint32_t i = 0; i < places; i++)
		if ((hay[i] | w->fold_first) == w->first && (hay[i + w->n - 1] | w->fold_last) == w->last && same(w, hay + i))
			return i;
	return UINT32_MAX;
}

/* The last sixteen places are looked at together, some of them again. */
static uint32_t
find_by_16(const struct wanted *w, const uint8_t *hay, uint32_t places)
{
	v16 a = (v16) { 0 } + w->first, b = (v16) { 0 } + w->last, fa = (v16) { 0 } + w->fold_first, fb = (v16) { 0 } + w->fold_last;

	if (places < 16)
		return find_one_by_one(w, hay, places);
	for (uint32_t i = 0; i < places; i += 16) {
		if (places - i < 16)
			i = places - 16;
		v16 x = v16_load(hay + i) | fa, y = v16_load(hay + i + w->n - 1) | fb;
		uint32_t bits = v16_bits((v16_halves) ((x == a) & (y == b))), k;
		if (bits && (k = first_same(w, hay + i, bits)) != UINT32_MAX)
			return i + k;
	}
	return UINT32_MAX;
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static uint32_t
find_by_32(const struct wanted *w, const uint8_t *hay, uint32_t places)
{
	const __m256i a = _mm256_set1_epi8((char) w->first), b = _mm256_set1_epi8((char) w->last);
	const __m256i fa = _mm256_set1_epi8((char) w->fold_first), fb = _mm256_set1_epi8((char) w->fold_last);

	if (places < 32)
		return find_by_16(w, hay, places);
	for (uint32_t i = 0; i < places; i += 32) {
		if (places - i < 32)
			i = places - 32;
		__m256i x = v32_load(hay + i), y = v32_load(hay + i + w->n - 1);
		__m256i m = _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_or_si256(x, fa), a), _mm256_cmpeq_epi8(_mm256_or_si256(y, fb), b));
		uint32_t bits = (uint32_t) _mm256_movemask_epi8(m), k;
		if (bits && (k = first_same(w, hay + i, bits)) != UINT32_MAX)
			return i + k;
	}
	return UINT32_MAX;
}

/* Places that are no more are masked, and nothing is read there. */
__attribute__((target("avx512bw"))) static uint32_t
find_by_64(const struct wanted *w, const uint8_t *hay, uint32_t places)
{
	const __m512i a = _mm512_set1_epi8((char) w->first), b = _mm512_set1_epi8((char) w->last);
	const __m512i fa = _mm512_set1_epi8((char) w->fold_first), fb = _mm512_set1_epi8((char) w->fold_last);

	for (uint32_t i = 0; i < places; i += 64) {
		uint64_t there = v64_there(places - i);
		__m512i x = _mm512_maskz_loadu_epi8(there, hay + i), y = _mm512_maskz_loadu_epi8(there, hay + i + w->n - 1);
		uint64_t bits = _mm512_mask_cmpeq_epi8_mask(there, _mm512_or_si512(x, fa), a);
		bits = _mm512_mask_cmpeq_epi8_mask(bits, _mm512_or_si512(y, fb), b);
		uint32_t k;
		if (bits && (k = first_same(w, hay + i, bits)) != UINT32_MAX)
			return i + k;
	}
	return UINT32_MAX;
}
#endif

uint32_t
content_find(struct span hay, const uint8_t *p, uint32_t n, bool nocase)
{
	if (n == 0)
		return 0;
	if (n > hay.n)
		return UINT32_MAX;
	struct wanted w = { .p = p, .n = n, .nocase = nocase, .first = p[0], .last = p[n - 1], .fold_first = either_case(p[0], nocase),
		.fold_last = either_case(p[n - 1], nocase) };
	uint32_t places = hay.n - n + 1;
#ifdef __x86_64__
	unsigned lanes = vec_lanes();
	if (lanes == 64)
		return find_by_64(&w, hay.p, places);
	if (lanes == 32)
		return find_by_32(&w, hay.p, places);
#endif
	return find_by_16(&w, hay.p, places);
}
