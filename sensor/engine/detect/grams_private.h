/*
 * grams_private - how literals are filed: what grams_build.c makes and grams.c looks at.
 *
 * Thread:    as grams.h.
 * Memory:    likewise.
 * Owns:      likewise.
 * Not here:  what others may know -> grams.h
 */
#ifndef ENGINE_DETECT_GRAMS_PRIVATE_H
#define ENGINE_DETECT_GRAMS_PRIVATE_H

#include "base/word.h"
#include "engine/detect/grams.h"

#define GRAMS_ROOM 32 /* zeros behind lower case, that may be read: four samples and a key */
#define GRAMS_LAST UINT32_C(0x80000000)

/* Kinds of literals, by their keys. */
enum { KEY8, KEY4, KEY4_SHORT, KEY2, KINDS, ALONE = KINDS };
struct lit {
	uint64_t head; /* as much of its first eight bytes as it has, in lower case */
	uint32_t text;
	uint8_t n, at; /* its length, place of its first key */
	uint8_t kind;
	bool nocase;
};
struct slot {
	uint32_t hash, first; /* of refs, from 1; 0: empty */
};
struct table { /* of one kind */
	uint64_t mask; /* of eight bytes: leaves a key */
	uint32_t n;    /* keys */
	uint8_t width, step;
	uint8_t shift; /* of a hash: leaves the bit's number; likewise, the slot's: */
	uint8_t slot_shift;
	uint32_t *bits;
	struct slot *slot;
	uint32_t *refs; /* number of the literal times step, and which of its keys; GRAMS_LAST: of its hash */
};
struct grams {
	struct table of[KINDS];
	struct lit *v;
	uint8_t *text;
	uint32_t n, n_alone;
	uint32_t *alone; /* literals that are compared one by one */
	uint32_t limit;
};

static inline uint32_t
hash_of(uint64_t key)
{
	return (uint32_t) (key * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The hash's slot, or the empty one where it would be. */
static inline struct slot *
slot_of(const struct table *t, uint32_t hash)
{
	uint32_t mask = UINT32_MAX >> t->slot_shift;
	uint32_t i = hash >> t->slot_shift;

	while (t->slot[i].first && t->slot[i].hash != hash)
		i = (i + 1) & mask;
	return &t->slot[i];
}

/* With GRAMS_ROOM zeros behind it. */
void grams_lower(uint8_t *to, struct span s);

#endif
