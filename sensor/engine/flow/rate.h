/*
 * rate - bytes of a flow within the last seconds, by direction: which flows are elephants.
 *
 * Thread:    the worker's.
 * Memory:    the flow table's: one for every flow there may be, only when the configuration asks (flow.rate-tracking.bytes).
 * Owns:      nothing.
 * Not here:  totals of a flow -> flow.h
 */
#ifndef ENGINE_FLOW_RATE_H
#define ENGINE_FLOW_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define RATE_SLOTS 10 /* the interval in pieces */

struct rate_conf {
	uint64_t bytes;   /* within the interval: more makes an elephant; 0 = nobody counts */
	int64_t interval; /* ns */
};
struct flow_rate {
	struct {
		int64_t newest;          /* number of the newest piece */
		uint64_t slot[RATE_SLOTS];
		uint64_t sum;
	} of[2];
};
/* true: with these bytes the sum is above the bound. ts: packet time. */
bool rate_add(struct flow_rate *r, const struct rate_conf *c, int dir, uint32_t bytes, int64_t ts);

#endif
