/*
 * worker - the whole life of a packet, and of the flow's session it belongs to.
 *
 * Thread:    one per worker; share-nothing.
 * Memory:    flow slab, pool, scratch arena, event ring: all sized at start.
 * Owns:      everything it touches but the ruleset (shared, immutable) and the ring's other end.
 * Not here:  starting, stopping, publishing rulesets -> workers.h
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <stdio.h>

#include "base/ring.h"
#include "engine/app/file.h"
#include "engine/decode/decode.h"
#include "engine/detect/detect.h"

/* The address behind a proxy (header X-Forwarded-For): left out, a member of its own, or instead of the proxy's. */
enum emit_xff { XFF_NONE, XFF_EXTRA, XFF_OVERWRITE };

/* What alerts and records carry besides the envelope (outputs.*.eve-log.types). */
struct emit_conf {
	bool payload, payload_printable, packet, metadata, app_layer, flow;
	bool log_flow, log_netflow, log_metadata, log_arp, log_anomaly, log_files, log_frames;
	bool anomaly_decode, anomaly_stream, anomaly_app; /* whose events */
	bool anomaly_packet;           /* with the packet */
	int midstream_policy, memcap_policy; /* enum stream_exception, as flow records tell them */
	bool log_all_app;              /* a record for every transaction of every protocol */
	const char *const *log_app;    /* or of these; NULL-ended */
	bool payload_length, ethernet, verdict;
	bool tagged;                   /* a record for each packet that a rule's tag asks for */
	uint8_t xff;                   /* enum emit_xff */
	bool xff_forward;              /* the first address of the header, else the last */
	char xff_header[64];
	uint32_t payload_max;          /* bytes */
	uint32_t frame_payload_max;    /* the same of frames; one of them ends it */
	uint32_t text_max;             /* bytes of one event's text */
	struct files_conf files;       /* what outputs ask of files; rules may ask for more */
	bool content;                  /* false: addresses, ports, times, sizes and ids only (privacy mode) */
};

struct worker_conf {
	unsigned index, n;       /* this one, of how many */
	bool offline;
	uint64_t hash_seed;
	uint64_t memory;         /* pool ceiling, bytes */
	uint64_t ring_bytes;
	struct decode_conf decode;
	struct flow_conf flow;
	struct stream_conf stream;
	struct apps_conf apps;
	struct detect_conf detect;
	struct emit_conf emit;
	FILE *trace;             /* --trace: each stage's verdict, offline only */
};

struct worker;

/* NULL with problems in d. Takes a reference on the ruleset. */
struct worker *worker_new(const struct worker_conf *conf, struct ruleset *rules, struct counters *cnt, struct diag *d);
void worker_free(struct worker *w);
/* One frame: everything a packet causes happens in here, or in one of the calls that follow, in order. arg is the worker (callback of
 * capture_read). */
void worker_frame(void *arg, const struct frame *f);
/* After capture_read(): frames whose bytes were said to last until then may still wait their turn. */
void worker_rest(struct worker *w);
/* Packet time goes on without packets (live, idle): flows end, service sums are told. */
void worker_idle(struct worker *w, int64_t now);
/* End of input: every flow ends. */
void worker_finish(struct worker *w);
/* Between two packets: another ruleset from now on. */
void worker_switch(struct worker *w, struct ruleset *rules);
const struct detect *worker_detect(const struct worker *w);
struct ring *worker_ring(struct worker *w);
/* Every event of frames up to this number is in the ring. */
uint64_t worker_progress(const struct worker *w);
uint32_t worker_flows(const struct worker *w);
size_t worker_memory(const struct worker *w);
/* What it fills while it runs; another thread may call grow_ahead() on them meanwhile. */
#define WORKER_GROWS (2 + FLOW_GROWS)
void worker_grows(struct worker *w, struct grow *out[static WORKER_GROWS]);

#endif
