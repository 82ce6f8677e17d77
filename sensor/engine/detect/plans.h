/*
 * plans - how literals were filed in sieves, kept between starts: to find that out anew takes a quarter of a start.
 *
 * Thread:    the loader's.
 * Memory:    the heap: PLANS_MAX bytes of file, and what is added until it is written.
 * Owns:      the file "sieves" of the cache's folder.
 * Not here:  what a plan says, and whether it fits -> sieve_build.c
 */
#ifndef ENGINE_DETECT_PLANS_H
#define ENGINE_DETECT_PLANS_H

#include "base/buf.h"

#define PLAN_KEY 32 /* bytes of a key: a digest of all that a plan depends on */
#define PLANS_MAX (1u << 20) /* bytes of the file, without its head */

struct plans; /* NULL stands for none everywhere */

struct plans *plans_read(const char *dir); /* NULL or "": nothing is kept. NULL: no memory */
struct plans *plans_of(struct span body);  /* what plans_read() makes of a file's contents, which must last as long; bad ones are left out */
/* SPAN_NONE: none is known. It lasts until plans_done(). *kept: from an earlier start. A plan that fits is believed, good or bad. */
struct span plans_find(struct plans *p, const uint8_t key[static PLAN_KEY], bool *kept);
/* In place of what has been known under the key. */
void plans_add(struct plans *p, const uint8_t key[static PLAN_KEY], struct span plan);
/* Writes, when something was added: first what was asked for, then of the rest as much as there is room for. Frees. */
void plans_done(struct plans *p);

#endif
