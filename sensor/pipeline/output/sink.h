/*
 * sink - a place that records go to: one file in sinks/ each.
 *
 * Thread:    the pipeline's; nothing here may wait.
 * Memory:    a sink's own, bounded.
 * Owns:      its descriptor and its position in the journal.
 * Not here:  order, numbers, durability -> journal.h
 */
#ifndef PIPELINE_OUTPUT_SINK_H
#define PIPELINE_OUTPUT_SINK_H

#include "base/buf.h"
#include "base/json.h"
#include "pipeline/output/journal.h"
#include "pipeline/output/output.h"

struct sink_env {
	const struct output_conf *conf; /* lives as long as the sink */
	struct event_base *loop;
	const struct clock *clock;
	struct counters *cnt;
	struct journal *journal;
	struct span facts; /* what output_facts() was told: name NUL value NUL ... */
};

struct sink {
	const char *name, *help;
	bool (*wanted)(const struct output_conf *conf);
	void *(*open)(const struct sink_env *env, struct diag *d);  /* NULL: error in d */
	/* Every record right after the journal took it (its spans hold only for the call). NULL: reads the journal by itself. */
	void (*record)(void *self, const struct journal_record *r);
	void (*turn)(void *self);   /* end of a loop turn, the journal is flushed: write out, look for more */
	void (*reopen)(void *self); /* SIGHUP; may be NULL */
	bool (*drained)(const void *self); /* has all that the journal has */
	void (*finish)(void *self); /* the end is near: nothing waits for a timer any more; may be NULL */
	/* The last seq it will never ask for again; NULL: never reads the journal. */
	uint64_t (*acked)(const void *self);
	void (*facts)(void *self, struct span pairs); /* may be NULL: env->facts changed */
	void (*status)(const void *self, struct json *j); /* members of its object */
	void (*metrics)(const void *self, struct buf *b); /* of its own, beside the counters; may be NULL */
	void (*close)(void *self);
};

/* Generated from sinks/files.am. */
extern const struct sink *const sink_table[];
extern const unsigned sink_table_n;

#endif
