/*
 * record - an entry of a sensor's stream, read with suspicion: whoever can write to Redis can have written it.
 *
 * Thread:    the caller's.
 * Memory:    one jansson tree.
 * Owns:      the tree until record_clear().
 * Not here:  reading streams -> worker.c
 */
#ifndef FUSION_RECORD_H
#define FUSION_RECORD_H

#include <hiredis/hiredis.h>
#include <jansson.h>

#include "base/span.h"

#define RECORD_MAX (4U << 20) /* bytes of JSON */
#define RECORD_LINKS 160
#define LINK_LEN 128

struct record {
	json_t *all, *incident;  /* incident is borrowed from all */
	char id[40];             /* of the sensor's incident */
	int64_t first, last;     /* ms */
	bool exercise;
	/* what joins it with others': "a/..." an attacker, "v/..." a victim, "m/..." an incident that its sensor merged it into */
	char link[RECORD_LINKS][LINK_LEN];
	unsigned n_links;
};

/* The stream entry [id, [field, value, ...]]: its id, its j and t. false: not of that shape. */
bool record_entry(const redisReply *r, struct span *id, struct span *json, struct span *type);
/* An incident's record of this sensor. 0; E_BAD: it is none that a sensor writes, why[] says what was expected. */
int record_read(struct record *r, struct span json, const char *sensor, char why[static 128]);
void record_clear(struct record *r);

#endif
