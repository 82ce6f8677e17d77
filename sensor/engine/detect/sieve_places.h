/*
 * sieve_places - what is done with the places that tables leave: is a literal filed there, is it there?
 *
 * Thread:    as sieve.h.
 * Memory:    none; compiled into each search, for its processor.
 * Owns:      nothing.
 * Not here:  which places they are -> sieve_wide.c, sieve_narrow.c
 */
#ifndef ENGINE_DETECT_SIEVE_PLACES_H
#define ENGINE_DETECT_SIEVE_PLACES_H

#include "engine/detect/sieve_private.h"

#define INLINE static inline __attribute__((always_inline))

static inline uint32_t
bit_of(const uint32_t *bits, uint32_t i)
{
	return bits[i / 32] >> i % 32 & 1;
}

/* Of n places those at which something may be filed. */
INLINE uint32_t
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

/* Of n places those at which one of several literals is filed, or the one that is may be there. */
INLINE uint32_t
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
INLINE void
look_at_places(const struct sifting *f, const uint8_t *p, uint32_t from, uint16_t *at, uint32_t n)
{
	const struct sieve *s = f->s;
	uint32_t slot[SIEVE_PIECE];

	n = s->pairs ? thin_out(s, p, at, n, true) : thin_out(s, p, at, n, false);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = sieve_load(p + at[i]);
		slot[i] = s->slot[sieve_hash(v) >> s->slot_shift];
		__builtin_prefetch(&s->lits[slot[i]]);
	}
	n = s->pairs ? pick(s, p, at, slot, n, true) : pick(s, p, at, slot, n, false);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = sieve_load(p + at[i]);
		sieve_compare(f, slot[i], v, from + at[i]);
		if (s->pairs && bit_of(s->pairs, sieve_pair(v)))
			sieve_compare(f, s->slot[sieve_hash(sieve_pair(v)) >> s->slot_shift], v, from + at[i]);
	}
}

#endif
