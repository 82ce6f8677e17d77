/*
 * poison - tells AddressSanitizer which bytes of our own allocators are out; nothing in other builds.
 *
 * Thread:    any.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the allocators themselves -> arena.h, pool.h, slab.h
 */
#ifndef BASE_POISON_H
#define BASE_POISON_H

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define POISON_ON 1
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON_ON 0
#define POISON(p, n) ((void) (p), (void) (n))
#define UNPOISON(p, n) ((void) (p), (void) (n))
#endif

#endif
