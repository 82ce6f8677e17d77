/*
 * links - why something may belong to an incident: what it has in common with what is in it, and for how long that counts.
 *
 * Thread:    the pipeline's.
 * Memory:    LINKS_MAX entries on the heap and a table of buckets; the one longest without use leaves (counted).
 * Owns:      its entries, not the incidents they lead to.
 * Not here:  which of them decide -> incident.c
 */
#ifndef PIPELINE_LINKS_H
#define PIPELINE_LINKS_H

#include "base/counters.h"
#include "event/event.h"
#include "pipeline/incident/effects.h"
#include "pipeline/incident/inventory.h"

#define LINKS_MAX 200000

enum link_kind {
	LINK_ATTACKER,  /* an address that attacks */
	LINK_PREFIX,    /* attackers' network and signature */
	LINK_VICTIM,    /* an address that is attacked */
	LINK_HIT,       /* an address and the family of what hit it, beyond attempts */
	LINK_TRIED,     /* an address on which there were attempts alone */
	LINK_SAME,      /* a victim and a signature: what returns to it */
	LINK_PAIR,      /* victim and attacker */
	LINK_GROUP,     /* family of effects against an owner's sector, or a network that no inventory names */
	LINK_ALIKE,     /* a signature in such a network */
	LINK_TRAIT      /* a name, a certificate, a tool, a file of the attacker's: traits.h */
};

struct link_key {
	uint8_t kind, family;
	uint8_t pad[2];
	uint32_t sid;
	union {
		struct addr a;
		uint64_t word[2];
	};
};

struct incident;
struct links;
struct links *links_new(struct counters *cnt);
void links_free(struct links *l);

struct link_key link_address(enum link_kind kind, const struct addr *a);
struct link_key link_signed(enum link_kind kind, const struct addr *a, uint32_t sid);
struct link_key link_pair(const struct addr *victim, const struct addr *attacker);
struct link_key link_hit(const struct addr *victim, const struct effect *f);
struct link_key link_group(const struct addr *victim, const struct asset *asset, const struct effect *f);
struct link_key link_trait(uint64_t hash);
/* The network around an address: /24, /64. */
struct link_key link_network(enum link_kind kind, const struct addr *a, uint32_t sid);
/* Multicast and broadcast: nobody's own address. */
bool addr_is_group(const struct addr *a);

/* Where it leads; NULL: nowhere, or its last use is more than `window` ago. */
struct incident *links_follow(const struct links *l, const struct link_key *k, int64_t now, int64_t window);
void links_tie(struct links *l, const struct link_key *k, struct incident *i, int64_t now, int64_t window);
/* Incidents begun under the key since it was last unused for a window. */
void links_begun(struct links *l, const struct link_key *k);
uint32_t links_count_begun(const struct links *l, const struct link_key *k, int64_t now, int64_t window);
/* Drops what leads to incidents that leave. */
void links_forget(struct links *l);

#endif
