/*
 * packet - the headers of one packet, found once and never looked for again.
 *
 * Thread:    the worker's.
 * Memory:    a value that dies with the next frame.
 * Owns:      nothing: spans are borrowed.
 * Not here:  finding the headers -> decode.h, layers/
 *
 * A frame gives one packet, or several: each tunnel inside it and each datagram it completes is a packet of
 * its own with the same num. Spans point into the frame, or into the defragmenter's buffer (valid until the next frame).
 */
#ifndef ENGINE_PACKET_H
#define ENGINE_PACKET_H

#include "base/addr.h"

enum packet_source {
	PKT_SRC_WIRE, PKT_SRC_GRE, PKT_SRC_IPV4, PKT_SRC_IPV6, PKT_SRC_TEREDO, PKT_SRC_ERSPAN, PKT_SRC_VXLAN, PKT_SRC_GENEVE,
	PKT_SRC_MPLS, PKT_SRC_DEFRAG, PKT_SRC_FLOW_END, PKT_SRC_STREAM, PKT_SRC_ARP, PKT_SRC_N
};

enum { TO_SERVER, TO_CLIENT };

#define PACKET_VLANS 3
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_ECE 0x40
#define TCP_CWR 0x80

#define PACKET_CHECKSUM_BAD_L3 0x0001 /* IPv4 header checksum wrong (computed lazily: see packet_checksum) */
#define PACKET_CHECKSUM_BAD_L4 0x0002
#define PACKET_FRAGMENT 0x0004        /* a piece of a datagram: no ports, no payload for detection */
#define PACKET_TRUNCATED 0x0008       /* snap length cut it */
#define PACKET_NO_PAYLOAD_INSPECT 0x0010 /* stream said: do not look at the payload */
#define PACKET_STREAM_EST 0x0020      /* stream: part of an established session */
#define PACKET_STREAM_BAD 0x0040      /* stream: out of window, bad checksum, ... not part of the stream */
#define PACKET_STREAM_ADDED 0x0080    /* stream: payload was taken into the stream */
#define PACKET_PSEUDO 0x0100          /* made by us at the end of a flow; no bytes of its own */
#define PACKET_TUNNEL 0x0200          /* carried in another packet */
#define PACKET_MALFORMED 0x0400       /* decoding stopped early; event says why */
#define PACKET_RETRANSMIT 0x0800
#define PACKET_PASS_FLOW 0x1000       /* stream: a policy says that rules do not look at this flow from here on */
#define PACKET_BYPASS_FLOW 0x2000     /* stream: nor does anything else */
#define PACKET_MIDSTREAM 0x4000       /* stream or worker: the TCP session was picked up midstream */
#define PACKET_EXC_MIDSTREAM 0x8000   /* stream: stream.midstream-policy was asked about this flow */
#define PACKET_EXC_MEMCAP 0x10000     /* stream: stream.memcap-policy was */
#define PACKET_ONE_SIDED 0x80000      /* worker: of the TCP session one side alone is seen */

/* Events of decoder, defragmenter and stream: bits set on the packet, names for decode-event and stream-event
 * ("ipv4.pkt_too_small", "stream.3whs_ack_in_wrong_dir"); one row each in decode/events.def. */
enum packet_event {
#define PACKET_EVENT(id, name) id,
#include "engine/decode/events.def"
#undef PACKET_EVENT
	PACKET_EVENT_N
};
extern const char *const packet_event_name[PACKET_EVENT_N];
/* The event of a name ("ipv4.pkt_too_small", "stream.fin_syn"), -1 when there is none. Old spellings of rule files
 * (stream.*_with_diff_ack) are understood. */
int packet_event_find(const char *name);
#define PACKET_EVENT_WORDS ((PACKET_EVENT_N + 63) / 64)

struct packet_tcp {
	uint32_t seq, ack;
	uint16_t window, urgent;
	uint8_t flags, header_len;
	uint16_t mss;         /* 0: option absent */
	uint8_t wscale;       /* 0xff: absent */
	bool sack_ok, has_ts, fast_open, md5;
	uint32_t tsval, tsecr;
	uint8_t sack_n;       /* blocks in sack[] */
	struct {
		uint32_t left, right;
	} sack[4];
	uint32_t options_seen; /* bit per option kind below 32 */
};

/* Hot fields first. Everything is 0 until a layer sets it; tcp is meaningful with proto 6 and l4_header.n > 0. */
struct packet {
	uint64_t num;        /* frame number */
	int64_t ts;          /* ns */
	uint32_t flags;      /* PACKET_* */
	uint32_t wire_len;   /* bytes on the wire (of the IP packet when tunnelled) */
	uint16_t sport, dport; /* host order; ICMP: 0 */
	uint16_t ethertype;
	uint8_t ip_version;  /* 4, 6, or 0 */
	uint8_t proto;       /* transport protocol after extension headers */
	uint8_t ttl;         /* or hop limit */
	uint8_t tos;
	uint8_t dir;         /* TO_SERVER / TO_CLIENT; set by the worker from the flow */
	uint8_t depth;       /* tunnels around it */
	uint8_t source;      /* enum packet_source */
	uint8_t vlan_n;
	uint8_t layers;      /* headers decoded, those of the packets around it too */
	uint8_t ip_flags;    /* bit 2 reserved, 1 DF, 0 MF, as fragbits reads them: R=4 D=2 M=1 */
	struct span payload;
	struct span l4;      /* transport header on */
	struct span l4_header;
	bool is_arp;         /* l3 is that of ARP, IPv4 over Ethernet */
	struct span l3;      /* IP header on (or ARP), to the end of the IP length */
	struct span l3_header; /* with options / extension headers */
	struct span frame;   /* layer 2 on, as captured; of a tunnelled packet its own bytes; of a completed datagram behind the
	                      * link headers of its last piece */
	struct addr src, dst;
	const struct packet *outer; /* the packet around this one (of a completed datagram: its last piece), or NULL; valid as long */
	uint16_t ip_id;
	uint16_t frag_offset; /* in 8 bytes */
	uint16_t vlan[PACKET_VLANS]; /* ids, outermost first */
	uint8_t mac_src[6], mac_dst[6];
	uint16_t iface;
	uint16_t linktype;   /* DLT_* of `frame`: that of the source; 12 (raw) in a tunnel */
	bool has_mac;
	bool any_event;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id, icmp_seq;
	uint32_t vni;        /* VXLAN, Geneve */
	uint64_t events[PACKET_EVENT_WORDS];
	struct span icmp_inner; /* IP packet quoted in an ICMP error */
	uint32_t ip_options_seen[8]; /* IPv4: bit per option type */
	struct packet_tcp tcp;
};

/* The carriers of tunnels are flows of their own, but rules and records see what is in them. */
static inline bool
packet_is_carrier(uint8_t proto)
{
	return proto == 4 || proto == 41 || proto == 47;
}

static inline void
packet_event_set(struct packet *p, enum packet_event e)
{
	p->events[e / 64] |= UINT64_C(1) << (e % 64);
	p->any_event = true;
}

static inline bool
packet_event_has(const struct packet *p, enum packet_event e)
{
	return p->events[e / 64] >> (e % 64) & 1;
}

#endif
