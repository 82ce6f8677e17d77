/*
 * macs - the Ethernet addresses that a flow's packets carried.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool: one set a flow, made with its first packet that has addresses.
 * Owns:      the sets.
 * Not here:  writing them -> emit_flow.c
 */
#ifndef ENGINE_MACS_H
#define ENGINE_MACS_H

#include "base/pool.h"
#include "engine/decode/packet.h"

#define MACS_MAX 8 /* different ones of a side; further ones are not kept */

struct mac_set {
	uint8_t n[2];
	uint8_t mac[2][MACS_MAX][6]; /* [TO_SERVER]: the client's side, in the order in which they were seen */
};

/* *set is NULL at first, and stays so at the pool's ceiling. */
void macs_add(struct mac_set **set, struct pool *pool, const struct packet *p);
/* Client and server change places. */
void macs_swap(struct mac_set *set);
void macs_clear(struct mac_set **set, struct pool *pool);

#endif
