/*
 * journal - every record that left detection, on disk before any sink sees it.
 *
 * Thread:    the pipeline's.
 * Memory:    a write buffer with a ceiling, a list of segments, one read buffer a cursor.
 * Owns:      the folder (locked while open), its segments, sequence numbers and stream ids.
 * Not here:  the bytes -> frame.h   reading from outside -> scan.h   who reads -> sink.h
 *
 * Invariants: seq has no gaps; ids only rise; what was acknowledged may go, oldest first, when bytes or age are over the
 * cap; what was not acknowledged is never deleted: then new records are refused (journal.on-full).
 */
#ifndef PIPELINE_OUTPUT_JOURNAL_H
#define PIPELINE_OUTPUT_JOURNAL_H

#include "base/clock.h"
#include "base/counters.h"
#include "base/err.h"
#include "pipeline/output/frame.h"

enum journal_full { JOURNAL_DROP_NEWEST, JOURNAL_STOP };
enum journal_sync { JOURNAL_SYNC_NEVER, JOURNAL_SYNC_SEGMENT, JOURNAL_SYNC_FLUSH };

struct journal_conf {
	const char *dir;
	const char *sensor;
	uint64_t segment_bytes, max_bytes;
	int64_t max_age;   /* ns, of acknowledged segments; 0 = for ever */
	int on_full;       /* enum journal_full */
	int sync;          /* enum journal_sync: when to fsync */
	bool fresh;        /* throw away what is there (a replay); its epoch comes from the sensor id alone */
	bool pack;         /* closed segments with zstd */
	bool once;         /* nobody reads what is written while we run */
	const char *sign_key; /* PEM file of an Ed25519 private key: closed segments are signed; NULL or empty: not */
	uint32_t alarm_at; /* percent of max_bytes that nobody took yet: alarm; 0 = never */
};

struct journal;

/* Makes the folder, locks it, recovers what is there (a torn end is cut, damage is passed over; both are told in d as
 * notes or warnings). NULL with an error in d. */
struct journal *journal_open(const struct journal_conf *conf, const struct clock *clock, struct counters *cnt, struct diag *d);
void journal_close(struct journal *j); /* flushes */

const char *journal_epoch(const struct journal *j);
uint64_t journal_next_seq(const struct journal *j);
uint64_t journal_first_seq(const struct journal *j); /* oldest still kept */
uint64_t journal_written_seq(const struct journal *j); /* newest that cursors see */
/* Stream id of the last record; 0-0 = there was none yet. */
void journal_last_id(const struct journal *j, uint64_t *ms, uint32_t *n);
/* The machine went down while the journal was written, and journal.sync was not flush: records that sinks have may be gone
 * from its end. It then went on under a new epoch. */
bool journal_in_doubt(const struct journal *j);
/* Before a sink takes its first record of this run: ids go on behind ms-n, which it has from before the fall. E_EXIST: that is
 * newer than ours and not to be explained so, or our first record since is not behind it. */
int journal_go_behind(struct journal *j, uint64_t ms, uint32_t n);
/* Sets r's seq, ms and n and appends it. E_LIMIT: full of what nobody took yet, or r is too long; E_IO: the disk refuses. */
int journal_append(struct journal *j, struct journal_record *r);
/* To the kernel (and to the disk with JOURNAL_SYNC_FLUSH). Only then do cursors see it. E_IO: kept and tried again. */
int journal_flush(struct journal *j);
/* Every record up to seq was taken by all sinks that need the journal. UINT64_MAX: nobody needs it. */
void journal_ack(struct journal *j, uint64_t seq);
bool journal_must_stop(const struct journal *j); /* full, and on_full is stop */

struct journal_status {
	uint32_t segments;
	uint64_t bytes;
	uint64_t first_seq, next_seq, acked_seq;
	uint64_t refused;       /* records lost because the journal was full or the disk refused */
	int64_t oldest_unacked; /* ns: age of the oldest segment with something nobody took; 0 = none */
	uint32_t packed;        /* segments that are packed */
	uint64_t alarms;        /* times that at_risk became true */
	bool full, failing, at_risk;
};
void journal_status(const struct journal *j, struct journal_status *out);

struct journal_cursor;
struct journal_cursor *journal_cursor_new(struct journal *j); /* at the oldest record */
void journal_cursor_free(struct journal_cursor *c);
void journal_seek_seq(struct journal_cursor *c, uint64_t seq);
/* To the first record whose stream id is greater than ms-n. */
void journal_seek_id(struct journal_cursor *c, uint64_t ms, uint32_t n);
/* 1 = *r is the next record, its spans hold until the next call; 0 = nothing more yet; E_IO. Damaged parts are passed
 * over and counted. */
int journal_read(struct journal_cursor *c, struct journal_record *r);

#endif
