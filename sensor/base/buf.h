/*
 * buf - a growing byte buffer on the heap with a ceiling. For loading and for the pipeline, not for engine/.
 *
 * Thread:    its owner's.
 * Memory:    the heap, never more than the ceiling.
 * Owns:      its bytes, until buf_clear().
 * Not here:  blocks for the packet path -> pool.h, arena.h
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

struct buf {
	char *p;       /* always NUL-terminated once something was added */
	size_t n, cap;
	size_t ceiling;
	bool full;     /* something did not fit; sticky until buf_reset */
};

void buf_init(struct buf *b, size_t ceiling);
int buf_add(struct buf *b, const void *p, size_t n); /* whole or not at all; -1 = full */
/* Place for n bytes behind what there is, for the caller to write and then to count with buf_took(); NULL = full. */
char *buf_room(struct buf *b, size_t n);
void buf_took(struct buf *b, size_t n);
int buf_str(struct buf *b, const char *s);
/* As "%.10g". */
int buf_f64(struct buf *b, double v);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_reset(struct buf *b);
void buf_clear(struct buf *b);
/* The whole file; -1 with errno. */
int buf_read_file(struct buf *b, const char *path);

#endif
