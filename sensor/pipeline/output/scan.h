/*
 * scan - the segments of a journal folder, read from outside: recovery at start, casusctl journal.
 *
 * Thread:    any; reads files only.
 * Memory:    one segment at a time, mapped or unpacked (SCAN_RAW_MAX).
 * Owns:      its bytes until scan_close().
 * Not here:  writing, cutting, deleting -> journal.h
 */
#ifndef PIPELINE_OUTPUT_SCAN_H
#define PIPELINE_OUTPUT_SCAN_H

#include "pipeline/output/frame.h"

#define SCAN_SUFFIX ".cjl"     /* segments are called 0000000001.cjl and so on */
#define SCAN_PACKED ".cjl.zst" /* a closed one after packing: the same bytes as one zstd frame */
#define SCAN_RAW_MAX (UINT32_C(5) << 28)

/* Numbers of the segments in a folder, sorted; heap, to be freed by the caller. E_NOENT, E_IO, E_NOMEM. */
int scan_list(const char *dir, uint64_t **numbers, uint32_t *n);
/* "dir/0000000001.cjl", or the packed file where only that is there. E_LIMIT when it does not fit. */
int scan_path(char *out, size_t room, const char *dir, uint64_t number);
bool scan_is_packed(const char *path);

struct scan {
	struct span bytes;          /* the whole segment */
	bool unpacked;              /* bytes are ours, not a mapping of the file */
	struct frame_header header;
	uint32_t at;                /* next frame */
	uint32_t bad_from, bad_to;  /* after SCAN_DAMAGED, SCAN_TORN: the bytes that are no frames */
};

/* Takes a segment in and reads its header. E_NOENT, E_IO; E_TRUNC, E_BAD, E_UNSUPPORTED: the header is not one. */
int scan_open(struct scan *s, const char *path);
/* The header alone, the segment's length (not packed) and that of its file. */
int scan_header(const char *path, struct frame_header *h, uint64_t *raw, uint64_t *on_disk);
/* A packed segment's bytes as they were; heap. E_BAD: no whole zstd frame of at most SCAN_RAW_MAX bytes; E_NOMEM. */
int scan_unpack(struct span packed, struct span *out);
void scan_close(struct scan *s);

enum scan_result {
	SCAN_RECORD,  /* *r and *frame are set */
	SCAN_END,     /* the file ends with a whole frame */
	SCAN_TORN,    /* no whole frame from bad_from to the end: a write was cut */
	SCAN_DAMAGED  /* bad_from..bad_to is not a frame, but whole ones follow: go on */
};
enum scan_result scan_next(struct scan *s, struct journal_record *r, struct span *frame);

#endif
