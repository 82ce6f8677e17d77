/*
 * inbox - statements of people that come by a Redis stream: signed ones are taken, what is wrong is told to their author.
 *
 * Thread:    the pipeline's; never waits.
 * Memory:    one answer of the server, bounded by the link.
 * Owns:      its connection; how far the stream was read lies with what was told (assess_mark).
 * Not here:  whether a statement counts -> ../legal/context.h   records to Redis -> ../output/sinks/redis.c
 *
 * Stream:    {prefix}{S}:context, field y: the statement as YAML in its signed envelope. What is refused is told in
 *            {prefix}{S}:context-refused with the fields entry and why.
 */
#ifndef PIPELINE_CONTROL_INBOX_H
#define PIPELINE_CONTROL_INBOX_H

#include "base/counters.h"
#include "pipeline/assess.h"
#include "pipeline/output/output.h"

struct event_base;
struct inbox;

/* `conf` lives as long as it. NULL: an error in d. */
struct inbox *inbox_new(const struct output_conf *conf, struct event_base *loop, struct assess *assess, struct counters *cnt, struct diag *d);
void inbox_free(struct inbox *b);

#endif
