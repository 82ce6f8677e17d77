/*
 * ring - one producer, one consumer, records of any size, no lock, no wait.
 *
 * Thread:    exactly one thread writes, exactly one reads.
 * Memory:    one mapping of a power of two bytes.
 * Owns:      a record from ring_push() until ring_pop().
 * Not here:  what a record is -> ../event/event.h
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/span.h"

struct ring;

struct ring *ring_new(size_t bytes); /* rounded up to a power of two, at least 64 KiB */
void ring_free(struct ring *r);
/* Space for a record of n bytes, 16-aligned and contiguous; NULL when the ring is full. Not yet visible. */
void *ring_reserve(struct ring *r, uint32_t n);
/* Makes the record reserved last visible; n may be smaller than reserved (0 = forget it). */
void ring_commit(struct ring *r, uint32_t n);
/* The oldest record, or an empty span. Stays valid until ring_pop(). */
struct span ring_front(struct ring *r);
void ring_pop(struct ring *r);
size_t ring_used(const struct ring *r);
size_t ring_size(const struct ring *r);

#endif
