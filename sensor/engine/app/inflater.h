/*
 * inflater - gzip, zlib's format and bare deflate, undone as the bytes come.
 *
 * Thread:    the worker's.
 * Memory:    the libraries' states, and what went in, as long as it and what came of it is little, from the worker's pool.
 * Owns:      both, until inflater_end().
 * Not here:  which coding a body has -> unpack.h, protocols/http_coding.c
 *
 * ISA-L undoes gzip three times as fast as zlib, but stops elsewhere in a damaged stream. Where it fails, zlib begins anew with what
 * was kept: what comes out, and how it ends, is zlib's. Two differences remain: a stream whose code tables are not complete, which no
 * encoder writes and zlib refuses, is gone on with; and of one that is damaged or cut behind KEPT_MAX bytes, or OUT_MAX of what comes
 * out, the last few may be missing.
 *
 * Source: RFC 1950 to 1952; zlib.h; ISA-L's igzip_lib.h.
 */
#ifndef ENGINE_APP_INFLATER_H
#define ENGINE_APP_INFLATER_H

#include <zlib.h>

#include "engine/app/app.h"

struct inflate_state;
struct inflater {
	z_stream z;
	bool has_z, fresh;
	int end;                    /* Z_STREAM_END or Z_DATA_ERROR of ISA-L's, told again and again; 0 */
	bool full;                  /* all the room there was is in use: there may be more */
	bool lost;                  /* more went in than is kept */
	bool anew;                  /* zlib has begun anew */
	struct inflate_state *fast; /* ISA-L's; NULL: zlib is at work */
	struct bytes kept;
	uint32_t redone;            /* of kept: zlib has it, too */
	uint64_t out, skip;         /* bytes; skip: they came out before zlib began anew */
};

/* bits: as of inflateInit2(), 47: gzip or zlib's format, 31: gzip, 15: zlib's format, -15: bare. false: no memory. */
bool inflater_begin(struct inflater *x, struct app *a, int bits);
/* Takes of the *n bytes at *p what it can and moves on; writes to `out` and takes off *room, which is not 0. Z_OK, Z_STREAM_END (again
 * and again), or zlib's error. */
int inflater_run(struct inflater *x, struct app *a, const uint8_t **p, uint32_t *n, uint8_t *out, uint32_t *room);
/* No more input comes. ISA-L holds back a symbol or two until bits that follow are there; inflater_more() is true if so. */
void inflater_last(struct inflater *x, struct app *a);
/* Without any more input, too, more may come out. */
bool inflater_more(const struct inflater *x);
void inflater_end(struct inflater *x, struct app *a);

#endif
