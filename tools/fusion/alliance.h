/*
 * alliance - incidents of several sensors joined, in Redis: which belong together, their documents, the sketch of hosts, the result.
 *
 * Thread:    one; many processes may do the same at once.
 * Memory:    one incident's documents at a time.
 * Owns:      the keys {alliance}:* and {A-...}:* of the prefix.
 * Not here:  reading sensors -> worker.c   what comes out of documents -> fuse.h
 *
 * Everything may be done again at any time and by another worker: joining is one script in one slot, documents are kept by the id of
 * their stream entry, a result is stored only if no document came meanwhile. The smallest id of those joined stays, so that ids do not
 * depend on who came first.
 */
#ifndef FUSION_ALLIANCE_H
#define FUSION_ALLIANCE_H

#include "cluster.h"
#include "fuse.h"
#include "record.h"

struct alliance {
	struct cluster *to;      /* where the alliance's keys are */
	struct cluster *from;    /* where the sensors' are */
	const char *prefix, *name;
	const struct packs *packs;
	const struct effects *effects;
	int64_t join_window, campaign_window, keep; /* ns */
	uint32_t maxlen;
	bool release;
	uint64_t joined, merged, published, unchanged, raced, released; /* counts */
};

/* One record of a sensor, whose stream entry was ms-n, into the alliance's view. 0: all of it is stored; E_AGAIN: Redis is away, do
 * it again later; E_BAD: its document cannot be assessed (why[] says so) and is kept beside the others. */
int alliance_take(struct alliance *a, const char *sensor, uint64_t ms, uint64_t n, const struct record *r, char why[static 256]);

#endif
