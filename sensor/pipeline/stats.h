/*
 * stats - counters as the nested object of Suricata's stats records.
 *
 * Thread:    the pipeline's (also control's "stats").
 * Memory:    one table of keys, sorted at the first call.
 * Owns:      nothing.
 * Not here:  counting -> ../base/counters.h
 */
#ifndef PIPELINE_STATS_H
#define PIPELINE_STATS_H

#include "base/counters.h"
#include "base/json.h"
#include "event/card.h"

struct stats_rules {
	uint32_t loaded, failed, skipped;
	int64_t loaded_at; /* ns; 0 = not known */
};

/* "stats":{"uptime":..., "capture":{"kernel_packets":...}, ..., "detect":{"engines":[{...}], ...}}; uptime in ns, negative = leave it out;
 * rules NULL = no engines. `replay`: without output.*, which tells how fast readers took records, so that the same capture gives the same bytes. */
void stats_write(struct json *j, const struct counters *sum, int64_t uptime, const struct stats_rules *rules, bool replay);

#endif
