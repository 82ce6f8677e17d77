/*
 * http - /metrics for Prometheus, /healthz, /readyz, on an address of this machine.
 *
 * Thread:    the pipeline's.
 * Memory:    one page at a time; requests are bounded and GET only.
 * Owns:      the listening socket.
 * Not here:  what the numbers are -> the modules' own *_metrics(), ../../metrics.c
 */
#ifndef PIPELINE_CONTROL_HTTP_H
#define PIPELINE_CONTROL_HTTP_H

#include "base/buf.h"
#include "base/counters.h"

struct event_base;

struct http_calls {
	void *arg;
	void (*metrics)(void *arg, struct buf *b);
	bool (*ready)(void *arg, char why[static 128]); /* false: why[] tells */
};

struct http;
/* NULL: why[] tells. */
struct http *http_new(const char *address, uint16_t port, struct event_base *loop, const struct http_calls *calls, char why[static 256]);
void http_free(struct http *h);

#endif
