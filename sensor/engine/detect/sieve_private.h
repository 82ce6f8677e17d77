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
#define SIEVE_PIECE 4096 /* places whose candidates are collected before they are checked */
#define SIEVE_BLOCK 64
#define SIEVE_BEHIND (SIEVE_BLOCK + SIEVE_ROOM)
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
	uint8_t *table; /* by set and place of SIEVE_WIDTH: for each class of bytes a bit per bucket in which one may be there; 64-aligned */
	uint32_t sets, lanes;
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

struct sifting {
	const struct sieve *s;
	struct span in;
	const struct sieve_told *to;
};

/* Tells of the literals from the i-th on that are filed together, and are where v was loaded. */
void sieve_compare(const struct sifting *f, uint32_t i, uint64_t v, uint32_t at);
/* SIEVE_PIECE places from `from` on at most. end: it is that of the input, and nothing behind it is read; else SIEVE_BEHIND bytes are there. */
void sieve_wide(const struct sifting *f, uint32_t from, uint32_t places, bool end);
void sieve_narrow(const struct sifting *f, uint32_t from, uint32_t places, bool end);

/* How many classes of bytes tables tell apart. */
static inline uint32_t
sieve_classes(uint32_t lanes)
{
	return lanes == 64 ? 128 : 64;
}

/* Of 128 by the lower seven bits; of 64 not by the one that tells cases apart. */
static inline uint8_t
sieve_class(uint32_t classes, uint8_t byte)
{
	return classes == 128 ? byte & 127 : (byte & 31) | (byte >> 1 & 32);
}

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
