/*
 * frame - the bytes of a journal: header of a segment, frame of a record. Pure functions, fuzzed.
 *
 * Thread:    any.
 * Memory:    the caller's.
 * Owns:      nothing: what is read points into the caller's bytes.
 * Not here:  files -> journal.h, scan.h
 *
 * Segment:  header (FRAME_HEADER bytes), then frames back to back. All numbers little-endian.
 * Frame:    "CJR1" | u32 length of body | u32 crc32c(length, body, hash) | body | hash
 * Hash:     SHA-256(hash of the frame before | body): a chain over all segments, so a change anywhere shows.
 * Body:     u64 seq, u64 ms, u32 n (stream id ms-n), i64 ts, u32 revision, u32 flags, u8 lengths of type, eid, incident,
 *           0, u32 number of hosts, u32 length of JSON; then type, eid, incident, hosts (u64 each), JSON.
 */
#ifndef PIPELINE_OUTPUT_FRAME_H
#define PIPELINE_OUTPUT_FRAME_H

#include "base/buf.h"
#include "base/span.h"

#define FRAME_VERSION 1
#define FRAME_HEADER 192
#define FRAME_HASH 32
#define FRAME_OVERHEAD (12 + FRAME_HASH)
#define FRAME_BODY_MAX (16U << 20)
#define FRAME_ALL_HOSTS 1U  /* flag: the hosts of this record and those before are all that the incident has */
#define FRAME_EPOCH_LEN 17  /* 16 hex digits and NUL */
#define FRAME_SENSOR_LEN 33

struct frame_header {
	char epoch[FRAME_EPOCH_LEN];
	char sensor[FRAME_SENSOR_LEN];
	uint64_t segment;      /* from 1 */
	uint64_t first_seq;    /* of the first record to come */
	uint64_t last_ms;      /* stream id of the record before this segment; 0-0 = none */
	uint32_t last_n;
	uint8_t chain[FRAME_HASH]; /* hash of the record before; zero for the first */
};

struct journal_record {
	uint64_t seq;
	uint64_t ms;           /* stream id: ms-n */
	uint32_t n;
	int64_t ts;            /* ns, packet time */
	uint32_t revision, flags;
	struct span type, eid, incident; /* incident empty = none */
	struct span hosts;     /* u64 each, little-endian */
	struct span json;
};

void frame_header_write(const struct frame_header *h, uint8_t out[static FRAME_HEADER]);
/* E_TRUNC, E_BAD (magic, checksum, sensor or epoch not printable), E_UNSUPPORTED (version). */
int frame_header_read(struct frame_header *h, struct span bytes);

/* Appends one whole frame; `chain` is the hash before and becomes this record's. E_LIMIT: too long; E_NOMEM: then chain stays. */
int frame_write(struct buf *b, const struct journal_record *r, uint8_t chain[static FRAME_HASH]);
/* Reads the frame at the start of bytes. Its whole size, or E_TRUNC (ends too early), E_BAD. Spans point into bytes;
 * *hash too. The chain is checked by the caller with frame_chain(). */
int64_t frame_read(struct journal_record *r, struct span bytes, const uint8_t **hash);
/* True when the frame at the start of bytes (frame_read() was happy) continues `chain`, which then moves on. */
bool frame_chain(uint8_t chain[static FRAME_HASH], struct span frame);
/* Offset of the next place that looks like a frame's start at or after `from`; bytes.n when there is none. */
uint32_t frame_search(struct span bytes, uint32_t from);

#endif
