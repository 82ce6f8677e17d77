/*
 * live_set - values that rules put into a named set, or took out of it, while packets went by.
 *
 * Thread:    the worker's: each has its own, what falls to different ones does not meet until they are saved.
 * Memory:    buckets on the heap when rules are taken; values in the worker's pool, up to memcap bytes a set.
 * Owns:      its values.
 * Not here:  values of files -> dataset.h   the keyword -> keywords/dataset.c
 */
#ifndef ENGINE_DETECT_LIVE_SET_H
#define ENGINE_DETECT_LIVE_SET_H

#include "engine/detect/dataset.h"

enum live_state { LIVE_UNKNOWN, LIVE_IN, LIVE_OUT /* taken out, though a file may have it */ };

struct live_set;
struct live_set *live_set_new(const struct dataset *s); /* NULL: no memory */
void live_set_free(struct live_set *l, struct pool *pool);
bool live_set_is(const struct live_set *l, const struct dataset *s); /* of the same name and type */
enum live_state live_set_get(const struct live_set *l, struct span v);
/* false: there is no room for it. */
bool live_set_put(struct live_set *l, struct pool *pool, struct span v, enum live_state state);
/* The values one after the other: *at begins as 0; false: no more. */
bool live_set_each(const struct live_set *l, uint64_t *at, struct span *v, enum live_state *state);

/* ---- of a worker ---- */
int live_sets_take(struct detect *d, const struct ruleset *r); /* those of the new rules; old ones of the same name live on */
void live_sets_free(struct detect *d);
bool live_sets_has(struct detect *d, const struct dataset *s, struct span v); /* it, or the file */
bool live_sets_put(struct detect *d, const struct dataset *s, struct span v, enum live_state state);

#endif
