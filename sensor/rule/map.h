/*
 * map - bytes -> pointer, open addressing.
 *
 * Thread:    a loader thread.
 * Memory:    the heap, until map_clear().
 * Owns:      nothing: keys and values are borrowed.
 * Not here:  what is looked up while rules are read -> lookup.h
 */
#ifndef RULE_MAP_H
#define RULE_MAP_H

#include "base/span.h"

struct map_slot {
	uint64_t hash;
	struct span key;
	void *value; /* NULL: empty slot */
};
/* {0} is an empty one. */
struct map {
	struct map_slot *slot;
	uint32_t n, cap;
};
void *map_find(const struct map *m, struct span key);
/* The value that the key has; without one it is given this one. NULL: no memory. */
void *map_add(struct map *m, struct span key, void *value);
int map_set(struct map *m, struct span key, void *value); /* replaces; value not NULL */
void map_clear(struct map *m);

#endif
