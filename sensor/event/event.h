/*
 * event - the contract between engine and pipeline: what a worker saw, as plain data without pointers.
 *
 * Thread:    written by one worker into its ring, read by the pipeline thread.
 * Memory:    one record in the ring: this struct and then `text_n` bytes of JSON members.
 * Owns:      nothing.
 * Not here:  what an incident, a scale or a band is -> pipeline/
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/addr.h"

enum event_type {
	EVENT_ALERT,    /* a rule matched: `card` says which */
	EVENT_APP,      /* a transaction for the log: `kind` is its event_type ("http", "dns", "tls" ...) */
	EVENT_FLOW,     /* a flow ended: facts are its totals */
	EVENT_FACTS,    /* one service (server, server_port, proto) over the last second of packet time: facts are the sums of
	                 * all its flows; client is not set. With N workers up to N records a service and second. Never printed */
	EVENT_FILE,     /* bytes of a file for the store: `file` says of which, `text` has them. Never printed */
	EVENT_FILEINFO, /* a file is over; the members of its object are at the beginning of the text, see context_n */
	EVENT_PACKET,   /* a packet that a rule's tag asks for */
	EVENT_FRAME,    /* a piece of the stream that a parser has named */
	EVENT_ANOMALY,  /* decoder, stream or application event without a rule */
	EVENT_RECORD,   /* nothing but a record to be written: `kind` is its event_type ("netflow", "metadata" ...) */
	EVENT_TICK,     /* packet time went on by a second; never printed */
	EVENT_TYPES
};

/* Control-system operations, by what they can do (product of the OT protocol parsers). */
enum ot_kind { OT_READ, OT_WRITE, OT_CONTROL, OT_STOP, OT_PROGRAM, OT_KINDS };

/* What was counted of a flow or a service; index 0 = to server, 1 = to client. */
struct event_facts {
	uint32_t flows;         /* begun (EVENT_FACTS), 1 (EVENT_FLOW) */
	uint32_t packets[2];
	uint64_t bytes[2];      /* on the wire, from layer 3 on */
	uint64_t payload[2];    /* TCP/UDP payload bytes */
	uint32_t syn, synack, rst, fin; /* sessions in which the client's SYN, the server's SYN/ACK, any RST, any FIN was seen first */
	uint32_t requests;      /* application requests / queries / polls */
	uint32_t responses;     /* answers of any kind */
	uint32_t failures;      /* of those: HTTP 5xx, DNS SERVFAIL/REFUSED, OT exception */
	uint32_t ot[OT_KINDS];
	uint64_t lost;          /* bytes missing in the stream (gaps) */
};

/* What of a flow came since its last alert told: summed over its alerts and its end it is the whole flow, once. */
struct event_volume {
	uint32_t packets[2];
	uint64_t bytes[2];   /* on the wire, from layer 3 on */
	uint64_t squares[2]; /* of the packets' sizes: how far a sample of them can be off */
};

enum event_flow_state { EVENT_FLOW_NEW, EVENT_FLOW_ESTABLISHED, EVENT_FLOW_CLOSED };

struct event {
	uint32_t size;      /* of the record: sizeof(struct event) + text_n, rounded up by the ring */
	uint16_t type;      /* enum event_type */
	uint16_t flags;     /* EVENT_F_* */
	/* The order of events: (pcap_cnt, order, order2). Equal for any number of workers. */
	uint64_t pcap_cnt;
	uint64_t order, order2;
	int64_t ts;         /* ns */
	int64_t flow_start; /* ns; 0 = no flow */
	uint64_t flow_id;   /* 51 bits; 0 = no flow */
	uint64_t tx_id;
	struct addr src, dst;       /* as in the packet (alerts) or initiator/responder (flow, app) */
	struct addr client, server; /* of the flow; equal to src, dst without one */
	uint16_t sport, dport;      /* host order; ICMP: type and code are in icmp_type, icmp_code */
	uint16_t client_port, server_port;
	uint16_t vlan[3];
	uint8_t vlan_n;
	uint8_t ip_version; /* 4, 6, 0 = no IP */
	uint8_t proto;      /* IP protocol number */
	uint8_t icmp_type, icmp_code;
	uint8_t direction;  /* 0 to_server, 1 to_client (EVENT_F_FLOW) */
	uint8_t pkt_src;    /* enum packet_source: index into event_pkt_src[] */
	uint8_t action;     /* 0 allowed, 1 blocked (what an inline sensor would have done) */
	uint8_t flow_state; /* enum event_flow_state */
	uint16_t in_iface;  /* index into the sensor's interfaces */
	char app_proto[16]; /* "" = none known yet, "failed" */
	char kind[16];      /* EVENT_APP, EVENT_RECORD: event_type of the record; EVENT_FLOW: why it ended ("timeout", "closed", "evicted", "shutdown") */
	/* EVENT_ALERT */
	uint32_t generation; /* of the ruleset `card` belongs to */
	uint32_t card;       /* index into its cards */
	uint64_t payload_hash; /* of what was matched, for folding; 0 = none */
	struct event_facts facts; /* EVENT_FLOW, EVENT_FACTS; alert: totals of the flow so far */
	/* EVENT_ALERT: the same in every alert of one packet; EVENT_FLOW with EVENT_F_ALERTED: what its alerts have not told */
	struct event_volume since;
	uint32_t file;      /* EVENT_FILE, EVENT_FILEINFO: its number in the flow, from 1; 0 = not to be stored */
	/* Of the text, so many bytes at its beginning are members of another object. EVENT_ALERT: alert.context; EVENT_FILEINFO:
	 * fileinfo, to which belongs what the store knows. */
	uint32_t context_n;
	uint32_t text_n;
	char text[];        /* members for the EVE record after the envelope: `"http":{...},"app_proto_ts":"..."` */
};

#define EVENT_F_FLOW 0x01      /* has a flow */
#define EVENT_F_TX 0x02        /* tx_id is valid */
#define EVENT_F_TRUNCATED 0x04 /* text was cut at a member's end */
#define EVENT_F_MIDSTREAM 0x08
#define EVENT_F_PSEUDO 0x20    /* no packet of its own: made at the end of a flow, pcap_cnt is only its place in the order */
#define EVENT_F_ALERTED 0x40   /* flow: a rule matched in it, whether or not its threshold let that be told */
#define EVENT_F_UNTOLD 0x80    /* flow: counted, but no record is written of it */
#define EVENT_F_FILE_LOST 0x100 /* fileinfo: some of what was to be stored did not get here */
#define EVENT_F_FILE_HASHED 0x200 /* fileinfo: the text has the SHA-256 */
#define EVENT_F_NO_ORIENTATION 0x10 /* flow: who began is a guess */

extern const char *const event_pkt_src[]; /* "wire/pcap", "gre tunnel", ... as EVE has them */

static inline struct span
event_text(const struct event *e)
{
	return span_of(e->text + e->context_n, e->text_n - e->context_n);
}

/* community_id v1 (https://github.com/corelight/community-id-spec): "1:" + base64(sha1(...)); 31 bytes with NUL;
 * "" without IP. */
#define COMMUNITY_ID_LEN 31
void event_community_id(const struct event *e, uint16_t seed, char out[static COMMUNITY_ID_LEN]);
/* "TCP", "UDP", "ICMP", "IPv6-ICMP", ... or the number. */
const char *event_proto_name(uint8_t proto, char number[static 4]);

#endif
