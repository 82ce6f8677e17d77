/*
 * slab - objects of one size, taken and given back in constant time, bounded.
 *
 * Thread:    the worker that owns it.
 * Memory:    one mapping, sized at start; when it is full the caller is told.
 * Owns:      every object until it is given back.
 * Not here:  blocks of many sizes -> pool.h
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include "base/grow.h"

struct slab_free;
struct slab {
	struct slab_free *free;
	size_t size;         /* of an object, rounded up to 16 */
	uint32_t cap, used, peak;
	struct grow grow;    /* cap * size bytes; those never used yet cost nothing */
};

int slab_init(struct slab *s, size_t size, uint32_t cap);
void slab_clear(struct slab *s);
void *slab_take(struct slab *s);          /* zeroed; NULL when cap objects are out */
void slab_give(struct slab *s, void *obj);
/* Objects by number, from 1, so that what points to one takes 4 bytes; 0 stands for none. */
static inline void *
slab_at(const struct slab *s, uint32_t number)
{
	return number ? s->grow.map + (size_t) (number - 1) * s->size : NULL;
}
uint32_t slab_number(const struct slab *s, const void *obj); /* divides: not for every packet */

#endif
