/*
 * store - files that rules or the operator asked for, each under its SHA-256: DIR/ab/abcd...
 *
 * Thread:    the pipeline's; writes to files, which may take as long as the disk does.
 * Memory:    STORE_OPEN entries at most.
 * Owns:      the files of DIR/tmp, which are not over yet; those of an earlier run are deleted at start.
 * Not here:  which files are asked for -> ../../engine/app/file.h   the record -> ../../event/eve.h
 */
#ifndef PIPELINE_OUTPUT_STORE_H
#define PIPELINE_OUTPUT_STORE_H

#include "base/counters.h"
#include "base/err.h"
#include "event/eve.h"

#define STORE_OPEN 1024 /* files at once that are not over; of more the oldest is given up */

struct store_conf {
	bool enabled;
	bool write_fileinfo;  /* the record of each file beside it, NAME.SECONDS.ID.json */
	char dir[4096];
	uint64_t max_bytes;   /* of all files of the store; beyond it none is added; 0 = no limit */
	uint32_t max_open;    /* descriptors held at once; files beyond it are opened for each piece */
};

struct store;

/* NULL with a problem in d. */
struct store *store_new(const struct store_conf *conf, struct counters *cnt, struct diag *d);
void store_free(struct store *s); /* what is not over is deleted */
/* EVENT_FILE: its bytes. */
void store_bytes(struct store *s, const struct event *e);
/* EVENT_FILEINFO: the file is over. s NULL: nothing is stored. out->sha256 holds until the next call. */
void store_end(struct store *s, const struct event *e, struct eve_stored *out);
/* The record of the file that store_end() told of. */
void store_record(struct store *s, const struct eve_stored *of, int64_t ts, struct span record);

#endif
