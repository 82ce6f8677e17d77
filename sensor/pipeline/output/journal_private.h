/*
 * journal_private - what journal.c, journal_open.c, journal_pack.c and journal_read.c share.
 *
 * Thread:    the pipeline's.
 * Memory:    segments and buffers on the heap within ceilings.
 * Owns:      what journal.h says.
 * Not here:  what others may see -> journal.h
 */
#ifndef PIPELINE_OUTPUT_JOURNAL_PRIVATE_H
#define PIPELINE_OUTPUT_JOURNAL_PRIVATE_H

#include "pipeline/output/journal.h"

struct segment {
	uint64_t number, first_seq, last_seq; /* last_seq < first_seq: empty */
	uint64_t bytes, raw;                  /* on disk; of its records and header, which differ once it is packed */
	uint64_t before_ms;                   /* stream id of the record before its first one */
	uint32_t before_n;
	uint64_t first_ms;                    /* of its first record; 0 = not known */
	bool packed;
};

struct packer;
struct seal_key;

struct journal {
	struct journal_conf conf;
	char *dir;
	const struct clock *clock;
	struct counters *cnt;
	char epoch[FRAME_EPOCH_LEN];
	uint8_t chain[FRAME_HASH];
	uint64_t next_seq, last_ms, acked;
	uint32_t last_n;
	struct segment *segments; /* oldest first; the last one is written to */
	uint32_t n, cap;
	uint64_t closed_bytes;    /* of all segments but the last */
	int fd, lock;
	struct buf out;           /* frames not yet written */
	size_t out_done;          /* of them, already written */
	uint64_t buffered_first;  /* seq of the first record in `out` */
	uint64_t alarms;
	uint64_t refused, packed; /* records; segments in this run */
	struct packer *packer;    /* at work on one; NULL = none */
	struct seal_key *key;     /* NULL: segments are not signed */
	int64_t looked;           /* when the disk's free space was last asked for */
	bool risk, disk_low;      /* told */
	bool full, stop, failing;
	bool doubt;               /* journal_in_doubt() */
	uint64_t opened_seq;      /* next_seq at journal_open() */
	uint64_t began_ms;        /* id of the first record since then */
	uint32_t began_n;
};

static inline struct segment *
journal_current(const struct journal *j)
{
	return &j->segments[j->n - 1];
}

/* Begins segment `number` with an own file. E_IO, E_NOMEM. */
int journal_segment_begin(struct journal *j, uint64_t number);
int journal_segment_add(struct journal *j, const struct segment *s);

/* Signs what is written of the segment in hand; nothing without a key. */
void journal_seal(struct journal *j);
void journal_unseal(struct journal *j, uint64_t number); /* its signature goes with a segment */
/* Alarms before records that nobody took yet are at risk: the caps are near, or the disk is. */
void journal_watch(struct journal *j);

/* Takes what the packer has done, begins the next closed segment. */
void journal_pack_turn(struct journal *j);
/* Waits for the packer; `all`: until every closed segment is packed. */
void journal_pack_end(struct journal *j, bool all);

#endif
