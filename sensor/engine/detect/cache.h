/*
 * cache - files that spare the next start work: named by what they were made from, checked when they are read.
 *
 * Thread:    the loader's.
 * Memory:    the caller's buffer.
 * Owns:      the files of its folder.
 * Not here:  what they are named by -> mpm.c; what is in the file of plans -> plans.c
 */
#ifndef ENGINE_DETECT_CACHE_H
#define ENGINE_DETECT_CACHE_H

#include <hs.h>

#include "base/buf.h"

#define CACHE_HEAD (8 + 8 + 32) /* of each file: magic, length, SHA-256 of the rest */

/* What was written under this name and magic (eight characters), in the buffer; SPAN_NONE: nothing, or what is there is damaged. */
struct span cache_read(struct buf *b, const char *dir, const char *name, const char *magic);
/* Best effort: without a place to write there is no cache, and nothing else is lost. */
void cache_write(const char *dir, const char *name, const char *magic, struct span body);
hs_database_t *cache_load(const char *dir, const char *key); /* NULL: there is none */
void cache_store(const char *dir, const char *key, const hs_database_t *db); /* as cache_write() */

#endif
