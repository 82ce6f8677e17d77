/*
 * pool - byte blocks of many sizes for the packet path: no heap call, a ceiling, counted.
 *
 * Thread:    the worker that owns it.
 * Memory:    one mapping of `ceiling` bytes reserved at start, filled as needed (grow.h); size classes
 *            64 B ... 1 MiB by powers of two (and the quarters between), free lists per class.
 * Owns:      all blocks until given back; the caller tells the size again when giving back.
 * Not here:  objects of one size -> slab.h   memory that dies together -> arena.h
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/span.h"

struct grow;
struct pool;

struct pool *pool_new(size_t ceiling);
void pool_free(struct pool *p);
/* At least n bytes, 16-aligned, not cleared; NULL at the ceiling or for n above 1 MiB. */
void *pool_take(struct pool *p, size_t n);
void *pool_ztake(struct pool *p, size_t n);
void pool_give(struct pool *p, void *block, size_t n); /* n as asked for; block may be NULL */
/* The real size of the block that pool_take(n) gives. */
size_t pool_size(size_t n);
struct grow *pool_grow(struct pool *p);    /* for who makes its pages ahead */
size_t pool_used(const struct pool *p);    /* bytes in blocks that are out */
size_t pool_ceiling(const struct pool *p);
uint64_t pool_refused(const struct pool *p); /* takes that returned NULL */

/* A growing byte string out of a pool. {0} is an empty one. */
struct bytes {
	uint8_t *p;
	uint32_t n, cap;
};
/* Appends; refuses (-1, unchanged) beyond `max` bytes in all or when the pool is at its ceiling. */
int bytes_add(struct bytes *b, struct pool *pool, struct span s, uint32_t max);
/* Drops the first k bytes. */
void bytes_drop(struct bytes *b, uint32_t k);
void bytes_clear(struct bytes *b, struct pool *pool);
static inline struct span
bytes_span(const struct bytes *b)
{
	return span_of(b->p, b->n);
}

#endif
