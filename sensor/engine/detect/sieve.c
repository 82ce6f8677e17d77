/*
 * sieve - literals lie in buckets; for four places that follow each other tables say in which buckets a byte may stand there.
 *
 * Where all four agree on a bucket, a hash of the four bytes tells whether a literal is filed under them; where one is, it is
 * compared. The tables are looked at for 64 places at once, by the lower seven bits of a byte; both cases of a letter are in them.
 *
 * Source: Qiu et al., "Hyperscan: A Fast Multi-pattern Regex Matcher for Modern CPUs", NSDI 2019 (buckets, shift-or); Langdale,
 * "Teddy: An efficient SIMD-based literal matching engine for scanning".
 */
#include "engine/detect/sieve_private.h"

#include "base/vec.h"

#ifdef __x86_64__

#define WIDE __attribute__((target("avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")))
#define PIECE 4096 /* places whose candidates are collected before they are checked */
#define BLOCK 64
#define BEHIND (BLOCK + SIEVE_ROOM)

bool
sieve_possible(void)
{
	return vec_lanes() == 64 && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
	    __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

struct sifting {
	const struct sieve *s;
	struct span in;
	const struct sieve_told *to;
};

static bool
is_there(const struct sifting *f, const struct sieve_lit *x, uint32_t at)
{
	struct span text = span_of(f->s->text + x->text, x->n);

	if (f->in.n < x->n || at - x->at > f->in.n - x->n) /* zeros behind the input are looked at, too; before it the difference is large */
		return false;
	struct span there = span_of(f->in.p + at - x->at, x->n);
	return x->nocase ? span_eq_nocase(there, text) : memcmp(there.p, text.p, x->n) == 0;
}

static void
look_in(const struct sifting *f, uint32_t i, uint64_t v, uint32_t at)
{
	for (;; i++) {
		const struct sieve_lit *x = &f->s->lits[i];
		if ((v & x->mask) == x->head && is_there(f, x, at))
			f->to->found(f->to->arg, x->id);
		if (x->last)
			break;
	}
}

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
WIDE static inline __attribute__((always_inline)) uint32_t
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

static inline uint32_t
bit_of(const uint32_t *bits, uint32_t i)
{
	return bits[i / 32] >> i % 32 & 1;
}

/* Of n places those at which something may be filed. */
static inline __attribute__((always_inline)) uint32_t
thin_out(const struct sieve *s, const uint8_t *p, uint16_t *at, uint32_t n, bool pairs)
{
	const uint32_t *bits = s->bits, *pair_bits = s->pairs;
	uint32_t kept = 0, shift = s->shift;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = sieve_load(p + at[i]);
		uint32_t filed = bit_of(bits, sieve_hash(v) >> shift);
		if (pairs)
			filed |= bit_of(pair_bits, sieve_pair(v));
		at[kept] = at[i];
		kept += filed;
	}
	return kept;
}

WIDE static inline __attribute__((always_inline)) uint32_t
sift_sets(const struct sieve *s, const uint8_t *p, uint32_t places, uint16_t *out, bool end, const uint8_t *same_bytes, uint64_t *same)
{
	const uint8_t (*table)[SIEVE_WIDTH][128] = (const uint8_t (*)[SIEVE_WIDTH][128]) s->table;

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
WIDE static inline __attribute__((always_inline)) uint32_t
sift_as(const struct sifting *f, const uint8_t *p, uint32_t places, uint16_t *out, bool end, uint64_t *same)
{
	const uint8_t *same_bytes = f->to->same_bytes;

	return same_bytes ? sift_sets(f->s, p, places, out, end, same_bytes, same) : sift_sets(f->s, p, places, out, end, NULL, same);
}

/* Of n places those at which one of several literals is filed, or the one that is may be there. */
static inline __attribute__((always_inline)) uint32_t
pick(const struct sieve *s, const uint8_t *p, uint16_t *at, uint32_t *slot, uint32_t n, bool pairs)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct sieve_lit *x = &s->lits[slot[i]];
		uint64_t v = sieve_load(p + at[i]);
		bool may = !x->last | ((v & x->mask) == x->head);
		if (pairs)
			may |= bit_of(s->pairs, sieve_pair(v));
		at[kept] = at[i];
		slot[kept] = slot[i];
		kept += may;
	}
	return kept;
}

/* Compares what is filed under the n places of p, which is the input from `from` on or a copy of it. */
WIDE static void
look_at_places(const struct sifting *f, const uint8_t *p, uint32_t from, uint16_t *at, uint32_t n)
{
	const struct sieve *s = f->s;
	uint32_t slot[PIECE];

	n = s->pairs ? thin_out(s, p, at, n, true) : thin_out(s, p, at, n, false);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = sieve_load(p + at[i]);
		slot[i] = s->slot[sieve_hash(v) >> s->slot_shift];
		__builtin_prefetch(&s->lits[slot[i]]);
	}
	n = s->pairs ? pick(s, p, at, slot, n, true) : pick(s, p, at, slot, n, false);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = sieve_load(p + at[i]);
		look_in(f, slot[i], v, from + at[i]);
		if (s->pairs && bit_of(s->pairs, sieve_pair(v)))
			look_in(f, s->slot[sieve_hash(sieve_pair(v)) >> s->slot_shift], v, from + at[i]);
	}
}

/* end: it is that of the input, what is behind it must not be read. */
WIDE static void
sift_piece(const struct sifting *f, uint32_t from, uint32_t places, bool end)
{
	const uint8_t *p = f->in.p + from;
	uint8_t last[BEHIND + SIEVE_ROOM];
	uint16_t at[PIECE + BLOCK];
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

void
sieve_find(const struct sieve *s, struct span in, const struct sieve_told *to)
{
	struct sifting f = { .s = s, .in = in, .to = to };
	uint32_t i = 0, n;

	for (uint32_t k = 0; k < s->n_singles; k++)
		if (in.n && memchr(in.p, s->singles[k].byte, in.n))
			to->found(to->arg, s->singles[k].id);
	if (!s->sets && !to->same_bytes)
		return;
	while ((n = in.n - i) >= BEHIND) {
		n = (n - SIEVE_ROOM) / BLOCK * BLOCK;
		if (n > PIECE)
			n = PIECE;
		sift_piece(&f, i, n, false);
		i += n;
	}
	if (n)
		sift_piece(&f, i, n, true);
}

#else

bool
sieve_possible(void)
{
	return false;
}

void
sieve_find(const struct sieve *s, struct span in, const struct sieve_told *to)
{
}

#endif
