/*
 * emit - what a worker saw, as struct event in its ring.
 *
 * Thread:    the worker's.
 * Memory:    the ring; records are written in place.
 * Owns:      nothing.
 * Not here:  the envelope of the EVE record -> event/eve.h
 */
#ifndef ENGINE_EMIT_H
#define ENGINE_EMIT_H

#include "engine/session.h"
#include "engine/worker.h"

struct emit {
	struct ring *ring;
	struct counters *cnt;
	const struct emit_conf *conf;
	const struct detect *detect;
	const struct sessions *sessions;
	uint32_t generation;
	bool may_wait;        /* offline: the reader will make room, nothing may be lost */
	uint64_t num;         /* frame at hand */
	uint64_t order, order2;
	uint8_t bytes[65536]; /* payload put together from a stream */
};

/* Begin of a frame / of what time alone causes before frame num (flows that end). */
void emit_frame(struct emit *e, uint64_t num);
void emit_flow_phase(struct emit *e, uint64_t num, const struct flow *f);

void emit_alert(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s,
    const struct detect_alert *a);
void emit_tx(struct emit *e, const struct flow *f, const struct session *s, const struct tx *tx, const struct packet *p);
/* A record for each file of a transaction that is over. */
void emit_files(struct emit *e, const struct flow *f, const struct session *s, const struct tx *tx, const struct packet *p);
/* Bytes of a file for the store; false: they are lost. */
bool emit_file_bytes(struct emit *e, const struct flow *f, int64_t now, const struct file *file, struct span bytes);
/* A packet as it was captured; f and s NULL: no flow. */
void emit_packet(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s);
/* A frame of an application protocol, in the direction of the packet. */
void emit_app_frame(struct emit *e, const struct flow *f, const struct session *s, const struct packet *p, const struct app_frame *fr);
void emit_flow(struct emit *e, const struct flow *f, const struct session *s, enum flow_end why);
/* One record a direction. */
void emit_netflow(struct emit *e, const struct flow *f, const struct session *s);
/* Events of decoder and stream; f and s NULL: no flow. */
void emit_anomaly(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s);
/* Events of the search for the flow's protocol that were not told yet. */
void emit_flow_anomaly(struct emit *e, const struct flow *f, struct session *s, const struct packet *p);
/* What rules took out of the packet at hand; nothing when they did not. */
void emit_metadata(struct emit *e, const struct packet *p, const struct flow *f, const struct session *s);
/* Events of a transaction that were not told yet. */
void emit_tx_anomaly(struct emit *e, const struct flow *f, const struct session *s, struct tx *tx, const struct packet *p);
/* A packet of ARP. */
void emit_arp(struct emit *e, const struct packet *p);
void emit_tick(struct emit *e, int64_t now);

/* One service's sums. */
struct service_key {
	struct addr server;
	uint16_t port;
	uint8_t proto, ip_version;
};
void emit_facts(struct emit *e, const struct service_key *k, const struct event_facts *f, int64_t now);
/* Is there a record to be made of this protocol's transactions? */
bool emit_wants_tx(const struct emit *e, const struct protocol *p);

#endif
