/*
 * forming - alerts that a threshold holds back until they are enough: part of the incident once they are.
 *
 * A flood's rule speaks at the thousandth packet, and the first 999 came from somewhere too. When its threshold is reached
 * what was counted towards it joins the incident; when it is not, it is forgotten with its window: it was everyday traffic.
 *
 * Thread:    the pipeline's.
 * Memory:    FORMING_MAX entries on the heap, each with a crowd at most; the one longest without a sign leaves. FORMING_FLOWS
 *            flows, each in its own place.
 * Owns:      its entries.
 * Not here:  the thresholds themselves -> ../threshold.h
 */
#ifndef PIPELINE_FORMING_H
#define PIPELINE_FORMING_H

#include "pipeline/incident/fold.h"

#define FORMING_MAX 1024
#define FORMING_FLOWS 4096

struct formed {
	uint64_t key;
	int64_t first, last;
	int64_t before;    /* begin of a window before it that went by without enough; 0 = none */
	uint64_t n;
	uint32_t sid;
	uint32_t round;    /* how often it began anew */
	int64_t at[64];    /* when there were 1, 2, 4, 8 ... */
	struct hll targets, sources;
	struct crowd hosts; /* the targets themselves */
	struct sample some_targets, some_sources;
	struct volume volume;
	struct volume prior; /* of that window: perhaps it had begun in it */
	struct formed *older, *newer, *next;
};

struct forming;
struct forming *forming_new(void);
void forming_free(struct forming *f);
struct forming_key {
	uint64_t hash;  /* what is counted together */
	int64_t window;
	uint32_t sid;
};
void forming_add(struct forming *f, const struct forming_key *k, const struct event *e, const struct addr *victim, const struct addr *attacker);
/* The packet was told by another rule: it is no part of what forms any more, nor are its flow's earlier ones, whose volume comes
 * back. */
struct volume forming_told(struct forming *f, const struct event *e, const struct addr *victim);
/* What formed under the key, or NULL. The caller folds it and calls forming_drop. */
struct formed *forming_find(struct forming *f, uint64_t key);
void forming_drop(struct forming *f, struct formed *x);
/* The likely begin: what is more than background had begun when a sixteenth of it was there. */
int64_t formed_began(const struct formed *x);

#endif
