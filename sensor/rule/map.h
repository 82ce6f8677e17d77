/*
 * map - bytes -> pointer, number -> pointer, open addressing.
 *
 * Thread:    a loader thread.
 * Memory:    the heap, until map_clear().
 * Owns:      nothing: keys and values are borrowed.
 * Not here:  what is looked up while rules are read -> lookup.h
 */
#ifndef RULE_MAP_H
#define RULE_MAP_H

#include "base/span.h"

struct map_entry {
	struct span key;
	void *value;
};
/* {0} is an empty one. Looking for a key touches little more than its slot: these are small and lie together. */
struct map {
	struct map_entry *entry; /* n of them, in the order they came */
	struct map_slot *slot;   /* cap of them */
	uint32_t n, cap;
};
void *map_find(const struct map *m, struct span key);
int map_set(struct map *m, struct span key, void *value); /* replaces, the key too; value not NULL */
void map_clear(struct map *m);

/* The same of numbers other than 0. */
struct id_map {
	struct id_slot *slot; /* cap of them */
	uint32_t n, cap;
};
void **id_map_at(struct id_map *m, uint64_t id); /* the place of its value, NULL in a new one; until the next call. NULL: no memory */
void id_map_clear(struct id_map *m);

#endif
