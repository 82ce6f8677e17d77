/*
 * sieve_private - how literals are filed: what sieve_build.c makes and sieve.c looks at.
 *
 * Thread:    as sieve.h.
 * Memory:    likewise.
 * Owns:      likewise.
 * Not here:  what others may know -> sieve.h
 */
#ifndef ENGINE_DETECT_SIEVE_PRIVATE_H
#define ENGINE_DETECT_SIEVE_PRIVATE_H

#include "base/word.h"
#include "engine/detect/sieve.h"

#define SIEVE_WIDTH 4  /* bytes of a literal that tables look at */
#define SIEVE_SETS 4   /* of eight buckets each, at most */
#define SIEVE_ROOM 8   /* bytes that are loaded where a place is checked */
#define SIEVE_BITS 19  /* of a hash of four bytes, at most */
#define SIEVE_FOLD UINT64_C(0x2020202020202020)

struct sieve_lit {
	uint64_t mask, head; /* of the eight bytes from `at` on as many as it has, folded */
	uint32_t text, id;
	uint8_t n, at;       /* bytes; place of those that tables look at */
	bool nocase, last;   /* last: of its slot */
};
struct sieve_single { /* a literal of one byte */
	uint32_t id;
	uint8_t byte;
};
struct sieve {
	uint8_t (*table)[SIEVE_WIDTH][128]; /* by set: bit per bucket in which the byte (7 bits) may be there; 64-aligned */
	uint32_t sets;
	uint32_t *bits;      /* by hash of four bytes: may be filed */
	uint32_t *pairs;     /* by two bytes: a shorter literal may begin so; NULL: there are none */
	uint32_t *slot;      /* by hash: the first of lits */
	struct sieve_lit *lits; /* those of one slot side by side; [0] is nowhere, and of the slots that have none */
	uint8_t *text;
	struct sieve_single *singles;
	uint32_t n_singles;
	uint8_t shift;       /* of a hash: leaves the bit's number; likewise, the slot's: */
	uint8_t slot_shift;
	float cost;          /* cycles a byte, estimated */
	uint64_t bytes;
};

static inline uint64_t
sieve_load(const uint8_t *p)
{
	return word_load(p) | SIEVE_FOLD;
}

/* Of four bytes. */
static inline uint32_t
sieve_hash(uint64_t v)
{
	return (uint32_t) v * UINT32_C(0x9e3779b1);
}

/* Of two. */
static inline uint32_t
sieve_pair(uint64_t v)
{
	return v & 0xffff;
}

#endif
