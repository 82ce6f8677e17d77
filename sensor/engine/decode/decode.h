/*
 * decode - bytes -> headers, or counters.
 *
 * Thread:    the worker's.
 * Memory:    one struct decode at start: the packets of a frame, the defragmenter's trackers and pieces (capped).
 * Owns:      the packets until the next decode_frame().
 * Not here:  what belongs together -> ../flow/
 */
#ifndef ENGINE_DECODE_H
#define ENGINE_DECODE_H

#include "base/counters.h"
#include "conf/conf.h"
#include "engine/capture/capture.h"
#include "engine/decode/packet.h"

#define DECODE_PACKETS 16 /* most packets out of one frame */
#define DECODE_AHEAD 32   /* frames whose packets are kept */

struct decode_conf {
	bool checksums;          /* look at them at all (-k none: no) */
	uint32_t max_layers;     /* 16 headers a packet at most */
	bool vxlan, geneve, teredo, erspan_typei;
	const char *vxlan_ports, *geneve_ports, *teredo_ports; /* "4789", "any" */
	uint64_t defrag_memcap;  /* bytes */
	uint32_t defrag_trackers;
	int64_t defrag_timeout;  /* ns */
};
extern const struct option_table decode_options; /* fills struct decode_conf */

struct decode;
struct decode *decode_new(const struct decode_conf *conf, struct counters *cnt, uint64_t hash_seed);
void decode_free(struct decode *d);

/* All packets of a frame in the order in which they are to be handled: the innermost first, the outer last.
 * Returns how many (0..DECODE_PACKETS); a damaged frame still gives a packet with the headers found, its events
 * set and PACKET_MALFORMED. *out points to an array of them, (*out)[0..n-1], valid until the next call, or where
 * decode_lasts() says so and the frame's bytes stay, until DECODE_AHEAD frames more.
 * A damaged IP header leaves ip_version 0 and no addresses; a damaged transport header leaves no ports and an empty l4_header. */
unsigned decode_frame(struct decode *d, const struct frame *f, struct packet **out);
/* None of the last frame's packets was put together out of pieces: those lie in memory that the next frame may take. */
bool decode_lasts(const struct decode *d);

/* Sum of the transport checksum (0 = right) and of the IPv4 header, computed from the packet's bytes. */
bool packet_checksum_l3_ok(const struct packet *p);
bool packet_checksum_l4_ok(const struct packet *p);

/* A number over the flow of a frame, equal for both directions and for fragments: how offline workers share
 * a file. Cheap: looks only at outer VLAN/MPLS/PPPoE and IP addresses. */
uint64_t decode_share(const struct frame *f);

/* How often each event was set by decode so far (packets left out included): PACKET_EVENT_N numbers. */
const uint64_t *decode_event_counts(const struct decode *d);

/* Overlapping fragments: whose bytes are taken depends on the receiver. Without a function all are DEFRAG_BSD. */
enum defrag_policy { DEFRAG_BSD, DEFRAG_BSD_RIGHT, DEFRAG_LINUX, DEFRAG_WINDOWS, DEFRAG_SOLARIS, DEFRAG_FIRST, DEFRAG_LAST };
void decode_set_policy(struct decode *d, enum defrag_policy (*of)(void *arg, const struct addr *dst), void *arg);

/* Port texts that name a group ("$VXLAN_PORTS") become what vars.port-groups says; call after conf_fill(). */
void decode_conf_resolve(struct decode_conf *conf, const struct conf *c);

#endif
