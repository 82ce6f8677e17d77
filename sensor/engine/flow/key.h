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

/* The key of a packet, with zeroed padding, so that it may be compared and hashed as bytes. false: the packet has no
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
uint64_t flow_key_hash(const struct flow_key *key, uint64_t seed);

#endif
