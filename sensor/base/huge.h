/*
 * huge - memory that is read all over for as long as it lives: compiled databases, tables of rules. It lies together in
 * mappings the kernel may back with huge pages, so that a look-up does not also miss the translation of its address.
 *
 * Thread:    any, at load time only (a lock is taken).
 * Memory:    mappings of 4 MiB or more; one goes back to the kernel when everything in it was given back.
 * Owns:      every piece until it is given back.
 * Not here:  objects of one size -> slab.h   blocks of the packet path -> pool.h
 */
#ifndef BASE_HUGE_H
#define BASE_HUGE_H

#include <stddef.h>

/* 64-aligned, not cleared; NULL: no memory. */
void *huge_take(size_t n);
void huge_give(void *p); /* may be NULL */
/* A mapping of its own of at least *n bytes, zeroed; *n becomes all there is. NULL: no memory. */
void *huge_map(size_t *n);
void huge_unmap(void *p, size_t n); /* n as asked for, or as told */
/* Huge pages are wanted for n bytes at p; a kernel without them, or a short piece, is no error. */
void huge_want(void *p, size_t n);
/* n bytes reserved, zeroed, with huge pages wanted behind the first `small` of them; munmap() gives them back. NULL: no memory. */
void *huge_map_behind(size_t n, size_t small);

#endif
