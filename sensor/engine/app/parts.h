/*
 * parts - pieces of a file that come in another order than the file's: what comes early waits until its place has come.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool: the pieces that wait, at most as many and as long as parts_conf says.
 * Owns:      those pieces, until parts_end() or parts_clear().
 * Not here:  the file's bytes in order -> struct body in protocol.h   what a command says of a piece -> the protocol
 *
 * A piece is begun with what is there of it; the rest follows by parts_more(), before the next piece. Bytes that were there
 * before are not taken again, nor is a piece that would have more wait than may; the file has a hole then.
 */
#ifndef ENGINE_APP_PARTS_H
#define ENGINE_APP_PARTS_H

#include "engine/app/app.h"

#define PARTS_COUNT_MAX 1024u     /* where no count is set */
#define PARTS_BYTES_MAX 8388608u  /* whatever is set */

struct parts_conf {
	uint32_t count, bytes; /* that may wait; 0 = as above */
};

struct part;
struct parts {
	struct part *first;  /* by offset */
	struct part *filling; /* takes the rest of the piece at hand; NULL: the file does */
	uint64_t next;       /* offset where the file goes on */
	uint64_t left;       /* bytes of the piece at hand that follow */
	uint64_t bytes;      /* that wait */
	uint32_t n;          /* pieces that wait */
	bool passed_over;    /* the rest of the piece at hand is not taken */
	bool holes;          /* some of the file did not come */
};

enum parts_told {
	PARTS_TAKEN,
	PARTS_AGAIN,    /* it was there before */
	PARTS_TOO_MANY, /* too many pieces wait */
	PARTS_TOO_LONG  /* too many bytes wait */
};

/* `n` bytes at `offset`, of which `data` is there. `lost`: what is missing before it will not come any more. */
enum parts_told parts_begin(struct parts *p, struct app *a, struct body *b, const struct parts_conf *c, uint64_t offset, uint64_t n,
    struct span data, bool lost);
void parts_more(struct parts *p, struct app *a, struct body *b, struct span data);
/* `n` bytes of the piece at hand never came. */
void parts_gap(struct parts *p, struct app *a, uint64_t n);
/* Nothing follows: what still waits is looked at, each stretch by itself. */
void parts_end(struct parts *p, struct app *a, struct body *b);
void parts_clear(struct parts *p, struct app *a);

#endif
