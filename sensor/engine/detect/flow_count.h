/*
 * flow_count - "DIRECTION,NUMBER": the argument of flow.pkts and flow.bytes.
 *
 * Thread:    immutable after loading.
 * Memory:    the ruleset's arena.
 * Owns:      nothing.
 * Not here:  what is counted -> ../flow/flow.h
 */
#ifndef ENGINE_DETECT_FLOW_COUNT_H
#define ENGINE_DETECT_FLOW_COUNT_H

#include "engine/detect/keyword.h"

struct flow_count {
	const struct kw_number *number;
	uint8_t dirs; /* bit 0 to server, bit 1 to client: one of them must pass the test */
};
int flow_count_parse(struct build *b, const char *value, uint64_t max, union kw_arg *out);

#endif
