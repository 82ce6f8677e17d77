/*
 * redis_batch - records as one transaction, and what Redis' answers mean. No socket, no timer: fuzzed and tested alone.
 *
 * Thread:    the pipeline's.
 * Memory:    an evbuffer of commands, one byte a command.
 * Owns:      both until redis_batch_clear().
 * Not here:  sending -> redis_link.h
 */
#ifndef PIPELINE_OUTPUT_REDIS_BATCH_H
#define PIPELINE_OUTPUT_REDIS_BATCH_H

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "pipeline/output/frame.h"

struct evbuffer;

struct redis_names {
	const char *prefix;  /* "casus:1:" */
	const char *sensor;
	uint32_t maxlen;     /* of alerts and timelines */
	bool fresh;          /* a replay: incidents begin anew with their first revision */
};

struct redis_id {
	uint64_t ms;
	uint32_t n;
};

struct redis_batch {
	struct evbuffer *commands;
	struct buf kinds;        /* one byte a command between MULTI and EXEC: enum redis_command */
	unsigned records;
	unsigned replies;        /* MULTI, commands, EXEC, WATCH, PUBLISH */
	unsigned answered;
	uint64_t last_seq;
	struct redis_id last_id;
	bool closed, refused;    /* EXEC was added; a command was refused while queueing */
	char why[128];           /* of the first refusal */
};

int redis_batch_init(struct redis_batch *b);
void redis_batch_clear(struct redis_batch *b);
void redis_batch_reset(struct redis_batch *b);
/* The record's commands: its stream, and the incident keys for incident and escalation records. E_NOMEM, E_LIMIT. */
int redis_batch_add(struct redis_batch *b, const struct redis_names *n, const struct journal_record *r);
/* EXEC, the WATCH for the next batch, and PUBLISH; then it may be sent. */
int redis_batch_close(struct redis_batch *b, const struct redis_names *n);

/* The next answer to a batch that was sent. 0: more to come; 1: all is stored; E_AGAIN: nothing of it counts, send again
 * later (why[] says what Redis said); E_EXIST: the same, because another connection has become the writer; E_BAD: no answer
 * that Redis could give. `*aside` counts refused commands beside the streams. */
int redis_batch_reply(struct redis_batch *b, const redisReply *r, unsigned *aside);

/* The key that says who writes: each connection sets it and watches it, so that what an older connection has still under
 * way (in a stalled network, say) is not executed any more. */
#define REDIS_WRITER "writer"

/* "casus:1:{S}:alerts": length, or E_LIMIT. */
#define REDIS_KEY_MAX 256
int redis_key(char out[static REDIS_KEY_MAX], const struct redis_names *n, const char *tag, const char *tail);
/* last-generated-id of an XINFO STREAM answer; 0-0 for "no such key". E_BAD: another error or shape. */
int redis_last_id(const redisReply *r, struct redis_id *out);
int redis_id_cmp(struct redis_id a, struct redis_id b);
/* casus.seq of the first entry of an XRANGE or XREVRANGE answer; 0 = none, or of another epoch. */
uint64_t redis_first_seq(const redisReply *r, const char *epoch);

/* Entry i of an XREAD answer about one stream: its id, and the value of `field` (SPAN_NONE: it has none). False: no such entry. */
bool redis_entry(const redisReply *r, size_t i, const char *field, struct span *id, struct span *value);

/* A reader of replies that a hostile or broken server cannot make take memory: arrays of one reply together hold at most
 * 2^20 elements, a reply with more is a protocol error. NULL: no memory. Freed by redisReaderFree(). */
redisReader *redis_reader_new(void);

#endif
