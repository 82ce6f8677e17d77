/*
 * flow - which packets belong together.
 *
 * Thread:    the worker that owns the table; never shared, so never locked.
 * Memory:    slabs, sized at start; when full, the quietest flow leaves (counted).
 * Owns:      every struct flow from flow_find() until the on_end callback returns.
 * Not here:  order of TCP bytes -> ../stream/   protocol meaning -> ../app/
 */
#ifndef ENGINE_FLOW_H
#define ENGINE_FLOW_H

#include "base/counters.h"
#include "base/slab.h"
#include "conf/conf.h"
#include "engine/decode/packet.h"
#include "engine/flow/rate.h"

struct flow_conf {
	uint32_t max_flows;     /* flows at most, of all workers together divided by them */
	uint32_t workers;       /* set by the worker, not a key; 0 counts as 1 */
	uint64_t memcap;        /* bytes of all flows together: a second bound on their number; 0 = none */
	/* idle seconds until a flow ends (ns), by protocol and state */
	int64_t tcp_new, tcp_established, tcp_closed;
	int64_t udp_new, udp_established;
	int64_t icmp_new, icmp_established;
	int64_t other_new, other_established;
	struct rate_conf rate;
	bool vlan_use;          /* the VLAN ids are part of the key */
};
extern const struct option_table flow_options;

enum flow_state { FLOW_NEW, FLOW_ESTABLISHED, FLOW_CLOSED };
enum flow_end { FLOW_END_TIMEOUT, FLOW_END_CLOSED, FLOW_END_EVICTED, FLOW_END_SHUTDOWN };

/* What two packets of a flow have in common besides their addresses. */
struct flow_path {
	uint16_t a_port, b_port; /* ICMP: as Suricata pairs echo request/reply; errors belong to the quoted flow */
	uint16_t vlan[PACKET_VLANS];
	uint8_t proto, ip_version, depth;
	uint8_t zero;          /* compared and hashed as bytes */
};
struct flow_key {
	struct addr a, b;      /* a < b, or in order for equal addresses by port */
	struct flow_path path;
};

/* Kept small, since there may be millions, and what a search looks at lies in the first cache line. Flows know each other by
 * their numbers in the slab. */
struct flow {
	uint32_t hash_next, older, newer; /* bucket; list of its timeout class, oldest first */
	uint32_t hash;
	union {
		uint32_t v4[2];        /* path.ip_version 4: a and b, as in the packet */
		struct addr *v6;       /* else: the two of them */
	} at;
	struct flow_path path;
	uint16_t iface;
	int64_t touched;       /* the table's clock at the last packet: never runs back */
	uint32_t packets[2];
	uint8_t ttl_min[2], ttl_max[2];
	uint8_t tcp_flags[2];  /* seen, by direction */
	uint8_t state : 2;     /* enum flow_state */
	uint8_t timeout_class : 4;
	uint8_t seen : 2;      /* bit 0 to server, bit 1 to client */
	uint8_t elephant : 2;  /* bit per direction: once it had more bytes in an interval than rate_conf allows */
	bool client_is_a : 1;  /* who sent first (or who was found to be the client) */
	bool swapped : 1;      /* direction was turned round by protocol detection */
	uint64_t bytes[2];     /* of frames, with their link headers, as rules and records count them */
	uint64_t payload[2];
	int64_t start, last;   /* packet times, ns */
	uint64_t first_num;    /* number of the first frame */
	_Alignas(8) uint8_t user[]; /* the worker's session; size told to flow_table_new() */
};

uint64_t flow_id(const struct flow *f); /* 51 bits, a function of key, start and first packet number */
static inline struct addr
flow_addr_at(const struct flow *f, bool a)
{
	if (f->path.ip_version != 4)
		return f->at.v6[!a];
	return addr_mapped(f->at.v4[!a]);
}

static inline struct addr
flow_addr(const struct flow *f, int side) /* TO_SERVER: the client (sender of that direction) */
{
	return flow_addr_at(f, (side == TO_SERVER) == f->client_is_a);
}

static inline uint16_t
flow_port(const struct flow *f, int side)
{
	return (side == TO_SERVER) == f->client_is_a ? f->path.a_port : f->path.b_port;
}

struct flow_table;
/* on_end: last chance to tell about a flow and to release what hangs on its user bytes. Called in an order
 * that depends on the packets only. */
struct flow_table *flow_table_new(const struct flow_conf *conf, size_t user_size, uint64_t hash_seed, struct counters *cnt,
    void (*on_end)(void *arg, struct flow *f, enum flow_end why), void *arg);
void flow_table_free(struct flow_table *t); /* without on_end */

/* The flow of a packet, a new one where there is none; NULL for packets that have none (ARP, fragments, ...).
 * Sets p->dir and counts the packet in the flow. *fresh: it is new. A SYN on a closed flow begins a new one.
 * ICMP destination unreachable belongs to the flow it quotes, if that lives: so f->path.proto may differ from p->proto. */
struct flow *flow_find(struct flow_table *t, struct packet *p, bool *fresh);
/* Replaces that rule: asked for every SYN (with or without ACK) on a known flow, true ends it and begins a new one
 * (the worker knows the session: see stream_reuse()). p->dir is set. */
void flow_on_syn(struct flow_table *t, bool (*reuse)(void *arg, const struct flow *f, const struct packet *p));
/* Told twice of a flow that will end soon, so that what hangs on it may be fetched: first with left = 1, then with left = 0. */
void flow_on_near(struct flow_table *t, void (*near)(void *arg, const struct flow *f, unsigned left));
/* flow_find() in steps, each a few packets after the one before, so that nobody waits for memory: a packet's key, its bucket fetched;
 * then the flow; then what hangs on it may be fetched, too: NULL where there is none yet; at last flow_find() with the key. */
struct flow_want {
	struct flow_key key;
	uint32_t hash;
	bool src_is_a;
	bool any;              /* false: the packet has no flow */
};
void flow_ahead(const struct flow_table *t, const struct packet *p, struct flow_want *out);
struct flow *flow_find_wanted(struct flow_table *t, struct packet *p, const struct flow_want *want, bool *fresh);
void flow_ahead_fetch(const struct flow_table *t, uint32_t hash);
struct flow *flow_ahead_look(const struct flow_table *t, uint32_t hash);
/* The state decides the timeout: the worker sets it from the stream (TCP) or from seen (others). */
void flow_change_state(struct flow_table *t, struct flow *f, enum flow_state s);
static inline void
flow_set_state(struct flow_table *t, struct flow *f, enum flow_state s)
{
	if (f->state != s)
		flow_change_state(t, f, s);
}
/* Client and server change places (found by content); p, the packet at hand, too. */
void flow_swap(struct flow_table *t, struct flow *f, struct packet *p);
/* Ends every flow whose time has come at packet time `now`; cheap when called for every packet (works once a second). */
void flow_expire(struct flow_table *t, int64_t now);
/* Ends this one now / all of them, oldest first. */
void flow_end(struct flow_table *t, struct flow *f, enum flow_end why);
void flow_end_all(struct flow_table *t);
uint32_t flow_count(const struct flow_table *t);
uint32_t flow_cap(const struct flow_table *t); /* flows at most */
size_t flow_memory(const struct flow_table *t);
#define FLOW_GROWS 2
void flow_grows(struct flow_table *t, struct grow *out[static FLOW_GROWS]); /* what it fills as flows come */

/* What is kept by direction, the other way round. */
#define SWAP_PAIR(pair) do { \
	__typeof__((pair)[0]) first_ = (pair)[0]; \
	(pair)[0] = (pair)[1]; \
	(pair)[1] = first_; \
} while (0)

#endif
