/*
 * threshold - thresholds and suppression across flows: which alerts are told, which only counted.
 *
 * Thread:    the pipeline's.
 * Memory:    one table of `max` entries; ended ones are swept by packet time, refusals are counted.
 * Owns:      the counts.
 * Not here:  reading thresholds -> rule/   alerts held back still reach their incident -> pipeline.c
 *
 * Semantics: Suricata 8 user guide, "Thresholding Keywords" and "Global-Thresholds".
 */
#ifndef PIPELINE_THRESHOLD_H
#define PIPELINE_THRESHOLD_H

#include "base/counters.h"
#include "event/card.h"
#include "event/event.h"

struct threshold;

/*
 * TELL: an alert. HOLD: one more of what was told already, or suppressed; its incident counts it. NOT_YET: too few so far for the
 * rule to mean anything, so nothing happened yet.
 */
enum threshold_verdict { THRESHOLD_TELL, THRESHOLD_HOLD, THRESHOLD_NOT_YET };

/* NULL: no memory. */
struct threshold *threshold_new(uint32_t max, struct counters *cnt);
void threshold_free(struct threshold *t);
/* Counts the alert against all thresholds of its card. *action is 0 allowed / 1 blocked and may be changed by a rate filter. */
enum threshold_verdict threshold_alert(struct threshold *t, const struct event *e, const struct card *c, uint8_t *action);
/* What the alert is counted with by its rule's first threshold, over how long; 0: it has none that waits for more. */
uint64_t threshold_tracks(const struct event *e, const struct card *c, int64_t *over);
uint32_t threshold_used(const struct threshold *t);

#endif
