/*
 * inflate - zlib and gzip bytes unpacked into a worker's scratch: the transforms zlib_deflate and gunzip.
 *
 * Thread:    the worker's.
 * Memory:    output and zlib's own state from the scratch arena.
 * Owns:      nothing.
 * Not here:  the names -> keywords/zlib_deflate.c, keywords/gunzip.c
 */
#ifndef ENGINE_DETECT_INFLATE_H
#define ENGINE_DETECT_INFLATE_H

#include "engine/detect/keyword.h"

#define INFLATE_MAX 1024 /* bytes of output without max-size */
/* "max-size 100000" or nothing; a uint32_t in *out. */
int inflate_parse(struct build *b, const char *value, union kw_arg *out);
/* At most `max` bytes; SPAN_NONE when nothing could be unpacked. RFC 1950, or RFC 1952 with `gzip`. */
struct span inflate_bytes(struct span in, bool gzip, uint32_t max, struct arena *scratch);

#endif
