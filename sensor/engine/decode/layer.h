/*
 * layer - one kind of header: what the files in layers/ share.
 *
 * Thread:    the worker's.
 * Memory:    struct decode, taken at start.
 * Owns:      the packets of the frame at hand.
 * Not here:  the interface for everybody else -> decode.h
 *
 * A layer reads its header from the front of the bytes it is given, fills in its part of the packet and calls one of the
 * decode_*() functions below with what follows. It returns false only when its own header cannot be read: a tunnelled
 * packet that begins like that is none and is left out.
 */
#ifndef ENGINE_DECODE_LAYER_H
#define ENGINE_DECODE_LAYER_H

#include "engine/decode/decode.h"

#define LAYER_END 0xffff

typedef bool layer_fn(struct decode *d, struct packet *p, struct span in);

struct layer {
	const char *name;
	layer_fn *decode;
	const uint16_t *linktypes;  /* DLT_* of the frames that begin with it; LAYER_END-ended, as the next two */
	const uint16_t *ethertypes;
	const uint16_t *protocols;  /* IP protocol numbers */
	/* Carried in UDP: true when the payload was this (its packets are made then). */
	layer_fn *udp;
	size_t udp_enabled;         /* offset of a bool in struct decode_conf */
	size_t udp_ports;           /* offset of a const char * in struct decode_conf */
	uint16_t udp_port;          /* when that text is empty or an unknown group */
};

extern const struct layer *const layer_table[];
extern const unsigned layer_table_n;

#define DECODE_UDP_PORTS 32
#define DECODE_ASSEMBLED 2     /* datagrams completed inside one frame, one in the other */
#define DECODE_LINK_MAX 256    /* bytes of link headers kept in front of a completed datagram */
#define DECODE_ASSEMBLED_LEN (DECODE_LINK_MAX + 65536 + 64)

#define DECODE_GOOSE 256       /* GOOSE streams that are followed */

struct defrag;

/* What a GOOSE stream said last; layers/goose.c. */
struct decode_goose {
	uint64_t hash, used;        /* used: goose_clock then; 0 = free */
	uint32_t state, sequence;
	uint8_t mac[6];
};

struct decode {
	const struct frame *frame;
	struct packet *out;         /* where finished packets are put in order */
	unsigned taken, done;       /* packets in work[], in out[] */
	unsigned assembled;         /* buffers in use */
	struct counters *cnt;
	struct decode_conf conf;
	struct defrag *defrag;
	struct decode_goose goose[DECODE_GOOSE];
	uint64_t goose_clock;       /* frames of GOOSE so far */
	const struct layer *by_link[320];
	const struct layer *by_protocol[256];
	struct {
		uint16_t type;
		const struct layer *layer;
	} by_ethertype[64];
	struct {
		uint16_t port;
		const struct layer *layer;
	} udp_ports[DECODE_UDP_PORTS];
	unsigned udp_ports_n;
	const struct layer *udp_any[4]; /* asked whatever the port */
	unsigned udp_any_n;
	uint64_t udp_map[1024];     /* bit per port that is in udp_ports */
	uint64_t event_counts[PACKET_EVENT_N];
	enum defrag_policy (*policy_of)(void *arg, const struct addr *dst);
	void *policy_arg;
	struct packet *work, *order;  /* of the frame at hand */
	struct {
		struct packet work[DECODE_PACKETS], order[DECODE_PACKETS];
	} frames[DECODE_AHEAD];
	unsigned turn;              /* which of them comes next */
	uint8_t (*buffers)[DECODE_ASSEMBLED_LEN];
};

/* What follows an ethertype field. false: no layer is known for it. */
bool decode_ethertype(struct decode *d, struct packet *p, uint16_t type, struct span in);
/* What follows an IP header; p->proto is set. */
void decode_protocol(struct decode *d, struct packet *p, struct span in);
/* One of the hooks for a UDP payload took it. */
bool decode_udp_hooks(struct decode *d, struct packet *p);
/* A packet of its own inside p, beginning with a header of the kind fn reads. */
bool decode_tunnel(struct decode *d, struct packet *p, struct span in, enum packet_source source, layer_fn *fn);
/* Sets the event, and that decoding stopped there. Always false, for `return decode_bad(...)`. */
bool decode_bad(struct packet *p, enum packet_event e);
/* One more header. false: too many. */
bool decode_enter(struct decode *d, struct packet *p);

layer_fn layer_arp_decode, layer_ethernet_decode, layer_ipv4_decode, layer_ipv6_decode, layer_ppp_decode, layer_vlan_decode, layer_chdlc_decode,
    layer_erspan1_decode, layer_erspan2_decode, layer_erspan3_decode, layer_ip_decode;

/* ---- defrag.c ---- */
struct fragment {
	struct span header;   /* what the rebuilt packet begins with (IPv6: without the fragment header) */
	struct span data;
	uint32_t offset;      /* bytes */
	bool more;
	uint8_t next_proto;   /* IPv6: protocol after the fragment header */
	uint32_t next_at;     /* IPv6: where in header that goes */
	uint32_t id;
};
struct defrag *defrag_new(const struct decode_conf *conf, uint64_t seed, struct counters *cnt);
void defrag_free(struct defrag *g);
/* Keeps the fragment; when it completes a datagram, that is decoded as a packet of its own. */
void defrag_add(struct decode *d, struct packet *p, const struct fragment *f);

/* ---- checksum.c ---- */
uint16_t checksum_fold(struct span s, uint64_t sum); /* RFC 1071; 0 when s holds its own right checksum */

#endif
