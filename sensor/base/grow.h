/*
 * grow - a mapping that its owner fills from the beginning, with pages made by another thread before they are needed.
 *
 * What is first in a page waits until the kernel has found and cleared it: half a microsecond for a small one, 0.1 ms for a huge one, or
 * 5 ms where the host of a virtual machine has to find the memory first. Who is ahead of the owner makes huge ones; where nobody is,
 * the owner makes small ones up to a bound, behind which look-ups gain more by huge ones than one packet in thousands loses.
 *
 * Thread:    one fills, another one (or the same) calls grow_ahead().
 * Memory:    as many bytes as are reserved; pages when they are touched, or up to 3 MiB ahead, but not of the first 2 MiB.
 * Owns:      the mapping.
 * Not here:  what is put in it -> pool.h, slab.h   memory that is filled at load time -> huge.h
 */
#ifndef BASE_GROW_H
#define BASE_GROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct grow {
	uint8_t *map;
	size_t size;
	size_t filled; /* atomic: bytes from the beginning that are in use */
	size_t ready;  /* grow_ahead()'s: up to here it has made pages */
};

/* Zeroed; the owner's pages are small in the first `small` bytes. size 0 is none. 0 or E_NOMEM. */
int grow_map(struct grow *g, size_t size, size_t small);
void grow_unmap(struct grow *g);
/* Makes the pages of one step, 2 MiB, if they may soon be needed, of memory of that node (NUMA), or of any: -1. false: there are enough. */
bool grow_ahead(struct grow *g, int node);
static inline void
grow_to(struct grow *g, size_t filled)
{
	__atomic_store_n(&g->filled, filled, __ATOMIC_RELAXED);
}

#endif
