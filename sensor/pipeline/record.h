/*
 * record - what every record of ours carries in its `casus` object, and the key by which readers drop doubles.
 *
 * Thread:    the pipeline's.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  the envelope -> ../event/eve.h   the law -> legal/document.h
 */
#ifndef PIPELINE_RECORD_H
#define PIPELINE_RECORD_H

#include "base/json.h"
#include "event/card.h"
#include "event/event.h"

#define RECORD_VERSION 1  /* of the schema: add-only within a version */
#define RECORD_EID_LEN 33 /* 32 hex digits and NUL */

struct record_name {
	const char *sensor, *epoch;
	struct span head; /* v, sensor and epoch as members, of record_head() */
	uint64_t seq;
	char eid[RECORD_EID_LEN];
};

/* Dedupe key of an event: what was seen where, by which sensor; the same in every resend and every replay. */
void record_eid_event(struct record_name *n, const struct event *e, const struct card *card);
/* Of a record that is no event (stats, incident, escalation). */
void record_eid_plain(struct record_name *n, const char *type);
#define RECORD_HEAD_MAX 512
/* What is the same in every record, written once. */
struct span record_head(char room[static RECORD_HEAD_MAX], const char *sensor, const char *epoch);
/* Opens "casus" with v, sensor, epoch, seq, eid. */
void record_begin(struct json *j, const struct record_name *n);

#endif
