/*
 * fuse - several sensors' documents of one incident as the one that a sensor seeing everything would have written, assessed anew
 * by the same law and packs.
 *
 * Thread:    the caller's.
 * Memory:    jansson trees on the heap.
 * Owns:      nothing.
 * Not here:  which documents belong together -> join.h   where they come from -> worker.c
 *
 * What two sensors may have counted twice is not added up: lo and likely are then the larger one's, hi the sum.
 */
#ifndef FUSION_FUSE_H
#define FUSION_FUSE_H

#include <jansson.h>

#include "pipeline/legal/recall.h"

#define FUSE_MEMBERS 256

struct fuse_member {
	const char *sensor;
	const json_t *doc;       /* the object `incident` of its record */
};

struct fuse_in {
	const struct packs *packs;
	const struct effects *effects;
	const struct fuse_member *member; /* sorted by sensor, then id: the result does not depend on who came first */
	unsigned n;
	const char *id;
	uint32_t revision;
	double hosts;            /* different affected hosts; negative: not known */
	bool exact;              /* they were counted, not estimated by a sketch */
};

/* A new object `incident`; NULL: why[] says what was wrong. */
json_t *fuse(const struct fuse_in *in, char why[static 256]);

#endif
