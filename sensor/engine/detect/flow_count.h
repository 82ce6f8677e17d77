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
	bool both;    /* or each of them */
};
static inline bool
flow_count_has(const struct flow_count *c, uint64_t to_server, uint64_t to_client)
{
	bool up = c->dirs & 1 && kw_number_has(c->number, to_server), down = c->dirs & 2 && kw_number_has(c->number, to_client);

	return c->both ? up && down : up || down;
}
/* toserver 1, toclient 2, either 3, both 4; 0: none of them */
uint8_t flow_dirs(const char *text);
int flow_count_parse(struct build *b, const char *value, uint64_t max, union kw_arg *out);

#endif
