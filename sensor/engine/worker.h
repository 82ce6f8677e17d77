/*
 * worker - the whole life of a packet, and of the flow's session it belongs to.
 *
 * Thread:    one per worker; share-nothing.
 * Memory:    flow slab, pool, scratch arena, event ring: all sized at start.
 * Owns:      everything it touches but the ruleset (shared, immutable) and the ring's other end.
 * Not here:  starting, stopping, publishing rulesets -> workers.h
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "base/ring.h"
#include "engine/detect/detect.h"

/* What the engine keeps of a flow: put together here and nowhere else (struct flow's user bytes). */
struct session {
	struct stream *stream;   /* TCP only; NULL until a packet may begin a session */
	struct app *app;         /* NULL until there were bytes */
	struct marks marks;
	struct event_facts facts; /* since the last EVENT_FACTS / EVENT_FLOW */
	int64_t facts_told;      /* packet time */
	uint32_t alerts;
	bool app_next[2];        /* transactions of that direction wait for its next packet */
	bool closed;             /* the session ended: what comes is not looked at */
};

#endif
