/*
 * hosts - how many different hosts several sensors saw: counted one by one while each of them tells all of its own, else by the
 * merged sketch.
 *
 * Thread:    one.
 * Memory:    at most CROWD_WHOLE hashes a member.
 * Owns:      {A-...}:hosts* and {A-...}:few:* of the prefix.
 * Not here:  what sensors tell -> base/crowd.h, casus-redis(7)
 */
#ifndef FUSION_HOSTS_H
#define FUSION_HOSTS_H

#include "ask.h"

struct hosts {
	double n;      /* negative: nobody tells */
	bool exact;
};

/* What the sensor tells now of its incident's hosts, beside the incident of the alliance, as `field`. */
bool hosts_copy(struct alliance *a, const char *id, const char *sensor, const char *incident, const char *field, char why[static 256]);
bool hosts_move(struct alliance *a, const char *from, const char *id, const char *field, char why[static 256]);
bool hosts_drop(struct alliance *a, const char *id, const char *field, char why[static 256]);
/* Of all fields together. */
bool hosts_count(struct alliance *a, const char *id, const char *const *field, unsigned n, struct hosts *out, char why[static 256]);

#endif
