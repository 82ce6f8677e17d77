/*
 * emit_private - what emit.c and emit_alert.c share.
 *
 * Thread:    the worker's.
 * Memory:    the ring; records are written in place.
 * Owns:      nothing.
 * Not here:  the interface for the worker -> emit.h
 */
#ifndef ENGINE_EMIT_PRIVATE_H
#define ENGINE_EMIT_PRIVATE_H

#include "engine/emit.h"

void emit_write_flow(struct json *j, const struct flow *f);
void emit_write_tx(struct json *j, const struct app *a, const struct tx *tx, bool full);
/* "ether":{...} of a packet with an Ethernet header. */
void emit_write_ether(struct json *j, const struct packet *p);
/* One object about a file. */
void emit_write_file(struct json *j, const char *key, const struct tx *tx, const struct app_file *f);
/* The members of an alert after the envelope; s and f NULL: no flow. */
void emit_alert_text(struct emit *e, struct json *j, const struct packet *p, const struct flow *f, const struct session *s,
    const struct detect_alert *a);
/* xff, mode overwrite: the address that a proxy tells about takes the place of the proxy's. */
void emit_overwrite(const struct emit *e, struct event *ev, const struct session *s, const struct detect_alert *a);

#endif
