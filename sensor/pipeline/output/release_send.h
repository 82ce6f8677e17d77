/*
 * release_send - the command that adds a released record to a party's stream once, however often it is sent and by however many.
 *
 * Thread:    the caller's.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  what may be released -> ../legal/release.h   connections -> redis_link.h
 *
 * Beside `{party-X}:release` stands the hash `{party-X}:released`: by source the epoch and number of its last record in the
 * stream. A script compares and adds in one step, so that several sources may write to one stream and any of them again.
 */
#ifndef PIPELINE_OUTPUT_RELEASE_SEND_H
#define PIPELINE_OUTPUT_RELEASE_SEND_H

#include "pipeline/output/redis_batch.h"

#define RELEASE_ARGS 12

struct release_command {
	struct span args[RELEASE_ARGS];
	char key[2][REDIS_KEY_MAX], number[24], length[16];
};

struct release_item {
	const char *party;
	const char *source;      /* a sensor; or an incident, where its revisions are the numbers */
	const char *epoch;
	uint64_t number;         /* rises within an epoch */
	struct span json, type, eid;
};

/* Fills c->args and returns how many; its answer is 1 when it was added, 0 when it was there. E_LIMIT: a name too long. */
int release_command(struct release_command *c, const struct redis_names *n, const struct release_item *i);

#endif
