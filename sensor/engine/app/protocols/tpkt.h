/*
 * tpkt - ISO transport over TCP: packets with their size, data units put together. What S7 and MMS stand on.
 *
 * Thread:    the worker's.
 * Memory:    parts of a data unit in the worker's pool, until its end comes.
 * Owns:      those parts.
 * Not here:  what the data units mean -> s7comm.c, mms.c
 */
#ifndef ENGINE_PROTOCOLS_TPKT_H
#define ENGINE_PROTOCOLS_TPKT_H

#include "engine/app/protocols/parse.h"

/* A flow's; the first member of the protocol's state. */
struct tpkt {
	struct bytes part[2]; /* DT units before the one with EOT */
	bool resync[2];       /* bytes are passed over until a packet begins with them */
};

struct tpkt_user {
	/* A data unit is complete. */
	void (*unit)(struct app *a, void *state, int dir, struct span unit);
	/* Is it ours? Told of the first data unit's beginning; `whole`: all of it. PROBE_MORE when that is too little. */
	enum app_probe (*judge)(struct span unit, bool whole);
	unsigned invalid;     /* event: no packet begins where one should */
};

int tpkt_feed(struct app *a, void *state, int dir, struct span bytes, const struct tpkt_user *u);
int tpkt_gap(struct app *a, void *state, int dir, uint32_t n);
void tpkt_clear(struct app *a, void *state);
/* Connection set-up tells nothing; the first data unit does. */
enum app_probe tpkt_probe(struct span s, int dir, const struct tpkt_user *u);

#endif
