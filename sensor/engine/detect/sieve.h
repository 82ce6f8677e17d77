/*
 * sieve - which of many literals are in these bytes? 32 or 64 places at once, where the processor looks up that many bytes in tables.
 *
 * Thread:    built by the loader; read-only afterwards.
 * Memory:    the arena it is built with.
 * Owns:      copies of the literals, side by side.
 * Not here:  other processors, and literals for which it does not pay -> mpm.c, grams.c
 */
#ifndef ENGINE_DETECT_SIEVE_H
#define ENGINE_DETECT_SIEVE_H

#include "base/arena.h"
#include "base/span.h"
#include "engine/detect/engine.h"

struct sieve;

bool sieve_possible(void); /* this processor can */
/* How literals are filed takes long to choose, and can be known already. */
struct sieve_plan {
	struct span known; /* what an earlier build chose; passed over if it is none, or does not fit */
	uint8_t *chosen;   /* SIEVE_PLAN_BYTES(n) bytes: the same, or what was chosen now */
	bool fits;
};
#define SIEVE_PLAN_BYTES(n) (1 + 2 * (n))
#define SIEVE_PLAN_VERSION "1" /* another one when others would be chosen: for other common words, kinds of content, measured costs */
/* first[i]: the i-th literal in l. NULL: no memory. */
struct sieve *sieve_build(struct arena *a, const struct literal *l, const uint32_t *first, uint32_t n, struct sieve_plan *plan);
uint32_t sieve_lanes(void); /* places that this processor sieves at once; 0: it can't */
bool sieve_pays(const struct sieve *s); /* probably faster than another search */
uint64_t sieve_bytes(const struct sieve *s);
/* What is told: the number of each literal, perhaps more than once; `same`, unless same_bytes is NULL: blocks of 64 places from `from` on, a
 * bit each, in which three same bytes begin (or seem to, at the end), in order. Of 128 same_bytes, one for the lower seven bits of each
 * byte, zero: of such bytes nobody wants to know. */
struct sieve_told {
	void (*found)(void *arg, uint32_t i);
	void (*same)(void *arg, uint32_t from, uint64_t blocks);
	void *arg;
	const uint8_t *same_bytes;
};
struct span sieve_first(const struct sieve *s); /* what is looked at first */
/* Only where sieve_possible(). */
void sieve_find(const struct sieve *s, struct span in, const struct sieve_told *to);

#endif
