/*
 * key - what makes two packets one flow: addresses, ports, VLANs, tunnel depth, in an order both directions share.
 *
 * Thread:    any; values only.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the table -> flow.h
 */
#ifndef ENGINE_FLOW_KEY_H
#define ENGINE_FLOW_KEY_H

#include "engine/flow/flow.h"

/* The key of a packet. false: the packet has no
 * flow. *src_is_a: the sender is key->a. */
bool flow_key_of(struct flow_key *key, const struct packet *p, bool vlan_use, bool *src_is_a);
/* The key of the packet quoted in an ICMP destination unreachable (RFC 792), false: none is quoted, or too little. */
bool flow_key_quoted(struct flow_key *key, const struct packet *p, bool vlan_use, bool *src_is_a);
/* As a flow keeps it. v6: room for two addresses, asked for where it is not IPv4. */
void flow_key_write(struct flow *f, const struct flow_key *key, struct addr *v6);
void flow_key_read(const struct flow *f, struct flow_key *key);
static inline bool
flow_has_key(const struct flow *f, const struct flow_key *key)
{
	if (memcmp(&f->path, &key->path, sizeof f->path) != 0)
		return false;
	if (key->path.ip_version == 4)
		return f->at.v4[0] == key->a.w[3] && f->at.v4[1] == key->b.w[3];
	return addr_eq(&f->at.v6[0], &key->a) && addr_eq(&f->at.v6[1], &key->b);
}
__extension__ typedef unsigned __int128 flow_wide;

static inline uint64_t
flow_fold(uint64_t a, uint64_t b)
{
	flow_wide w = (flow_wide) a * b;
	return (uint64_t) w ^ (uint64_t) (w >> 64);
}

/* Six words that nobody knows who does not know the seed, nor how they are related: were they one word turned, addresses could be chosen for
 * which the words of a product are each other's multiples, whatever the seed. */
struct flow_secret {
	uint64_t k[6];
};
void flow_secret_make(struct flow_secret *out, uint64_t seed);

/* Multiply-and-fold over the words of the key, each mixed with a secret of its own, so that buckets cannot be aimed at. The products do not
 * wait for each other. Of IPv4 the first words are always the same. */
static inline uint64_t
flow_key_hash(const struct flow_key *key, const struct flow_secret *s)
{
	const struct flow_path *path = &key->path;
	uint64_t ports = path->a_port | (uint64_t) path->b_port << 16 | (uint64_t) path->vlan[0] << 32 | (uint64_t) path->vlan[1] << 48;
	uint64_t rest = path->vlan[2] | (uint64_t) path->proto << 16 | (uint64_t) path->ip_version << 24 | (uint64_t) path->depth << 32;
	uint64_t h = flow_fold(ports ^ s->k[0], rest ^ s->k[1]);

	_Static_assert(PACKET_VLANS == 3, "all of them are hashed");
	if (path->ip_version == 4)
		return h ^ flow_fold(key->a.q[1] ^ s->k[2], key->b.q[1] ^ s->k[3]);
	return h ^ flow_fold(key->a.q[0] ^ s->k[2], key->a.q[1] ^ s->k[3]) ^ flow_fold(key->b.q[0] ^ s->k[4], key->b.q[1] ^ s->k[5]);
}

#endif
