/*
 * journal_private - what journal.c, journal_open.c and journal_read.c share.
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
	uint64_t bytes;                       /* on disk */
	uint64_t before_ms;                   /* stream id of the record before its first one */
	uint32_t before_n;
	uint64_t first_ms;                    /* of its first record; 0 = not known */
};

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
	uint64_t refused;
	bool full, stop, failing;
	bool doubt;               /* journal_in_doubt() */
	uint64_t opened_seq;      /* next_seq at journal_open() */
};

static inline struct segment *
journal_current(const struct journal *j)
{
	return &j->segments[j->n - 1];
}

/* Begins segment `number` with an own file. E_IO, E_NOMEM. */
int journal_segment_begin(struct journal *j, uint64_t number);
int journal_segment_add(struct journal *j, const struct segment *s);

#endif
