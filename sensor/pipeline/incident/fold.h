/*
 * fold - what an incident remembers of its members: counted, summed, sketched; two become one.
 *
 * Thread:    the pipeline's.
 * Memory:    the incident's; sketches take heap once they are full.
 * Owns:      nothing.
 * Not here:  which incident an alert belongs to -> incident.h
 */
#ifndef PIPELINE_FOLD_H
#define PIPELINE_FOLD_H

#include "pipeline/incident/incident.h"

struct formed;
struct fold_in {
	const struct event *e;
	const struct card *c;
	const struct effect *f;
	const struct addr *victim, *attacker;
	bool suppressed;
};

/* How an alert was seen: see base/sample.h. */
struct sight {
	uint8_t need, mark;
};
struct sight sight_of(const struct event *e);

void fold_alert(struct incident *i, const struct inventory *inv, const struct fold_in *in);
void fold_formed(struct incident *i, const struct formed *x);
void fold_reach(struct incident *i, int64_t from, int64_t till);
void fold_asset(struct incident *i, const struct asset *a);
void fold_merge(struct incident *into, struct incident *from);
uint64_t fold_host(const struct addr *a);
/* The direction of a flow that leads to the victim: 0 to the server, 1 to the client. */
int fold_side(const struct event *e, const struct addr *victim);
void volume_add(struct volume *v, const struct event_volume *x, int dir);
void volume_take(struct volume *v, const struct event_volume *x, int dir);
void volume_merge(struct volume *into, const struct volume *from);

#endif
