/*
 * worker - reads sensors' streams as a member of a consumer group and hands each incident's record on; acknowledges what is stored.
 *
 * Thread:    one; the group shares the work among processes.
 * Memory:    one answer of Redis.
 * Owns:      nothing.
 * Not here:  what becomes of a record -> alliance.h
 */
#ifndef FUSION_WORKER_H
#define FUSION_WORKER_H

#include "alliance.h"

#define WORKER_SENSORS 256

struct worker {
	struct alliance alliance;
	struct cluster *from;
	const char *group, *name;
	char sensor[WORKER_SENSORS][40];
	unsigned n_sensors;
	bool own_done[WORKER_SENSORS];   /* what was under way when this name ended last time is done */
	uint32_t batch;
	int64_t claim_after, claimed_at; /* ns; monotonic */
	const volatile bool *stop;
	uint64_t entries, incidents, refused, claimed;
};

/* "S1,S2": -1 and a message when one is no sensor id. */
int worker_sensors(struct worker *w, const char *list, struct diag *d);
/* One round over all streams. More than 0: go on at once; 0: there was nothing; -1: Redis is away (told). */
int worker_round(struct worker *w);

#endif
