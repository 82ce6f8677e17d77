/*
 * arena - memory that dies together.
 *
 * Thread:    the owner's.
 * Memory:    blocks from the heap at first, kept and reused after arena_reset(); never above `ceiling`.
 * Owns:      every byte handed out, until reset or free.
 * Not here:  objects freed one by one -> slab.h, pool.h
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena_block;
struct arena {
	struct arena_block *first, *cur;
	size_t used;    /* bytes handed out since the last reset */
	size_t held;    /* bytes of blocks held */
	size_t ceiling; /* of held; 0 = no ceiling (load time only) */
};

void arena_init(struct arena *a, size_t ceiling);
/* Takes `bytes` of blocks at once, so the packet path never asks the heap. -1: no memory. */
int arena_reserve(struct arena *a, size_t bytes);
/* 16-aligned bytes, not cleared; NULL when the ceiling is reached. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_string(struct arena *a, struct span s); /* a copy with a final NUL */
struct span arena_dup(struct arena *a, struct span s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A place to go back to: everything handed out since is forgotten, its blocks are kept. */
struct arena_mark {
	struct arena_block *cur;
	size_t fill, used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_back(struct arena *a, struct arena_mark m);
void arena_reset(struct arena *a); /* keeps the blocks */
void arena_clear(struct arena *a); /* gives them back */

#endif
