/*
 * explain - why one rule alerted, or why it did not: how far it came, with which packet, and what failed first.
 *
 * Thread:    one worker's while it runs (there is only one then); main's before and after.
 * Memory:    fixed, from explain_new(); the rule's texts are copies.
 * Owns:      what it saw.
 * Not here:  rules that did not load -> ../../explain.c   thresholds -> ../../pipeline/threshold.h
 *
 * Nothing is matched differently: the rule is traced beside its ordinary evaluation, at the place in the order of the
 * rules where it is looked at, so that flowbits and the like are as it would find them.
 */
#ifndef ENGINE_DETECT_EXPLAIN_H
#define ENGINE_DETECT_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "base/counters.h"

struct explain;

/* content: excerpts of buffers may be shown. NULL: no memory. */
struct explain *explain_new(uint32_t sid, bool content);
void explain_free(struct explain *e);
/* A rule with this sid is in the ruleset that was built. */
bool explain_loaded(const struct explain *e);
/* What became of an alert of the rule after the engine: told, or held back by a threshold or a suppression. `ts`: its packet. */
void explain_told(struct explain *e, bool suppressed);
/* Is this the rule? card: of the event. */
bool explain_is(const struct explain *e, uint32_t card);
/* The whole report, for people. cnt: of the whole run. */
void explain_report(const struct explain *e, const struct counters *cnt, FILE *out);

#endif
