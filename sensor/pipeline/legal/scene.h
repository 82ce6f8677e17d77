/*
 * scene - facts without packets: an incident put together from what a case tells or a journal remembers, so that packs can be
 * asked about it.
 *
 * Thread:    the caller's.
 * Memory:    one incident on the heap; texts belong to the caller.
 * Owns:      the incident.
 * Not here:  reading cases -> case.h   what packs make of it -> bands.h
 */
#ifndef PIPELINE_SCENE_H
#define PIPELINE_SCENE_H

#include "pipeline/legal/document.h"

struct scene {
	struct incident *i;
	struct assessment a; /* facts, and the bands of the last scene_assess() */
	const struct packs *packs;
	const struct effects *effects;
	const struct inventory *inv; /* of the assets touched; the caller's */
	uint64_t derived;            /* bit = feature that follows from the assets, not told */
	bool bound_outage;           /* outage_s is only bounded by what an operator reports */
};

/* Nothing touched, seen, measured or told. -1: no memory. */
int scene_init(struct scene *s, const struct packs *p, const struct effects *e, const struct inventory *inv);
void scene_clear(struct scene *s);
/* An asset is touched; a second time changes nothing. */
void scene_touch(struct scene *s, const struct asset *a);
void scene_effects(struct scene *s, uint32_t effects, int64_t at);
/* The fact of a name: a feature or one of the ladder. NULL: no such name. */
struct fact *scene_fact(struct scene *s, const char *name);
/* What follows from the assets touched, then bands and what would change them. */
void scene_assess(struct scene *s, int64_t at);

#endif
