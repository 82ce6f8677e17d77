/*
 * grams - which of many literals are in these bytes? Looked up place by place: for short inputs, where starting a search costs more.
 *
 * Thread:    built by the loader; read-only afterwards.
 * Memory:    the arena it is built with.
 * Owns:      copies of the literals, side by side.
 * Not here:  long inputs -> mpm.c   literals at one place -> anchors.c
 */
#ifndef ENGINE_DETECT_GRAMS_H
#define ENGINE_DETECT_GRAMS_H

#include "base/arena.h"
#include "base/span.h"
#include "engine/detect/engine.h"

struct grams;

#define GRAMS_INPUT 2048 /* bytes of an input at most */

/* first[i]: the i-th literal in l. NULL: no memory. */
struct grams *grams_build(struct arena *a, const struct literal *l, const uint32_t *first, uint32_t n);
uint32_t grams_limit(const struct grams *g); /* bytes up to which an input is rather looked at here */
/* Calls found with the number of each literal in `in`, perhaps more than once. */
void grams_find(const struct grams *g, struct span in, void (*found)(void *arg, uint32_t i), void *arg);

#endif
