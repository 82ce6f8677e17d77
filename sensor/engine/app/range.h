/*
 * range - pieces of a file that came by several answers (Content-Range) put together again, across transactions and flows.
 *
 * Thread:    the worker's. Each worker has its own: pieces whose flows fall to different workers do not meet.
 * Memory:    the worker's pool: pages of RANGE_PAGE bytes where something came, within app-layer.protocols.http.byterange.memcap
 *            and a quarter of the pool; RANGE_FILES files at a time. The one that waited longest goes first, and every one of
 *            which nothing came for byterange.timeout.
 * Owns:      the bytes, until the file is complete and handed over.
 * Not here:  what is asked of the file that came of it -> file.h
 *
 * Spec: RFC 9110 section 14.4 (Content-Range), 15.3.7 (206).
 */
#ifndef ENGINE_APP_RANGE_H
#define ENGINE_APP_RANGE_H

#include "engine/app/file.h"

#define RANGE_PAGE 65536u
#define RANGE_FILES 256u
#define RANGE_HAVE 64u /* runs of bytes with holes between them */

struct range_conf {
	uint64_t memcap;
	int64_t timeout; /* ns */
};

/* "bytes 0-99/1000": first, last, size; -1 = not told. */
void range_read(struct span value, int64_t v[static 3]);

struct range_file;
/* The part that one transaction brings. {0}: none. */
struct range_piece {
	struct range_file *file;
	uint64_t at, end; /* where its next byte belongs; one after its last */
	bool whole;       /* the file is there */
};

/* The answer says (range_read()) which bytes it brings of what `host` has at `path`. Nothing happens when that is all of it,
 * or more than there may be. */
void range_begin(struct app *a, struct range_piece *p, struct span host, struct span path, const int64_t v[static 3]);
void range_add(struct app *a, struct range_piece *p, struct span bytes);
void range_gap(struct range_piece *p, uint64_t n);
/* The answer is over: when nothing is missing now, all of the file goes to `into`, which is a file of this transaction. */
void range_end(struct app *a, struct range_piece *p, const struct tx *tx, struct body *into);
/* The transaction goes. */
void range_drop(struct app *a, struct range_piece *p);

/* app.c */
struct ranges {
	struct range_conf conf;
	struct range_file *first; /* the one that was touched last */
	uint64_t held;
	uint32_t files;
};
void ranges_configure(struct apps *e, const struct conf *conf, struct diag *d);
void ranges_clear(struct apps *e);

#endif
