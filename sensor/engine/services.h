/*
 * services - what every service got and gave in the last second, so that a flood is one record and not a million.
 *
 * Thread:    the worker's.
 * Memory:    sized at start; of the table as much is in use as a second needs. Where all of it is, a full neighbourhood tells its oldest
 *            entry at once.
 * Owns:      the sums until they are told.
 * Not here:  what they mean -> pipeline/scale
 */
#ifndef ENGINE_SERVICES_H
#define ENGINE_SERVICES_H

#include "engine/emit.h"

struct services;
struct services *services_new(uint32_t entries, uint64_t hash_seed);
void services_free(struct services *s);
/* Adds a packet, or none (NULL), and what else was added to a session's facts; more: facts_are_more(), as the caller knows already. */
void services_add(struct services *s, struct emit *e, const struct flow *f, struct session *ses, const struct packet *p, const struct event_facts *added,
    bool more);
/* Soon services_add() will want the sum of that session's service. */
void services_fetch(const struct services *s, const struct session *ses);
/* A second of packet time is over. */
void services_tell(struct services *s, struct emit *e, int64_t now);

#endif
