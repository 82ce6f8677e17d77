/*
 * unpack - content codings of HTTP bodies, undone as the bytes come: gzip, deflate, br.
 *
 * Thread:    the worker's.
 * Memory:    the libraries' state from the worker's pool; a window above 1 MiB is refused and counts as a failure.
 * Owns:      struct unpack, until unpack_free().
 * Not here:  what becomes of the bytes -> protocols/http2.c
 *
 * Sources: RFC 9110 section 8.4.1, RFC 1950 to 1952, RFC 7932.
 */
#ifndef ENGINE_APP_UNPACK_H
#define ENGINE_APP_UNPACK_H

#include "engine/app/app.h"

enum unpack_kind { UNPACK_NONE, UNPACK_GZIP, UNPACK_DEFLATE, UNPACK_BROTLI };
enum unpack_result { UNPACK_OK, UNPACK_FAILED, UNPACK_BOMB };

struct unpack;

/* By the name of a content coding; UNPACK_NONE: one we do not know, or identity. */
enum unpack_kind unpack_kind_of(struct span name);
/* NULL at the pool's ceiling. */
struct unpack *unpack_new(struct app *a, enum unpack_kind kind);
/* Unpacks and hands on piece by piece. After UNPACK_FAILED nothing of `in` has been handed on unless some of it was good;
 * UNPACK_BOMB: more than `bomb` bytes came out, and 2048 times more than went in. */
enum unpack_result unpack_feed(struct unpack *u, struct span in, uint64_t bomb, void (*out)(void *arg, struct span bytes), void *arg);
void unpack_free(struct app *a, struct unpack *u);

#endif
