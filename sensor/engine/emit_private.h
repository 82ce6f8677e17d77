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

/* A record with room for `text` bytes, its place in the order taken; NULL when the reader is too slow (counted). */
struct event *emit_take(struct emit *e, enum event_type type, uint32_t text);
/* j NULL: without text. */
void emit_commit(struct emit *e, struct event *ev, struct json *j);
void emit_set_flow(const struct emit *e, struct event *ev, const struct flow *f, const struct session *s);
void emit_set_packet(struct event *ev, const struct packet *p);
/* Source and destination by a direction of the flow; after emit_set_flow(). */
void emit_set_ends(struct event *ev, int dir);
void emit_set_name(char out[static 16], const char *name);

/* Bytes of a direction that are held between two offsets, holes told; in e->bytes. */
struct span emit_held_bytes(struct emit *e, const struct stream *s, int dir, uint64_t from, uint64_t to, uint32_t cap);
void emit_write_frame(struct emit *e, struct json *j, const struct packet *p, const struct session *s, const struct app_frame *f);
void emit_write_time(struct json *j, const char *key, int64_t ns);
/* What each direction speaks where it differs from what the flow speaks, what it spoke before, what it was to speak. */
void emit_write_protos(struct json *j, const struct app *a);
/* What every record may carry: Ethernet addresses of the packet (NULL: none) and what rules noted of the flow. `dir`: the
 * record's source is the sender of this direction. */
void emit_write_common(const struct emit *e, struct json *j, const struct packet *p, const struct session *s, int dir);
void emit_write_packet(struct json *j, const struct packet *p);
void emit_write_flow(struct json *j, const struct flow *f);
void emit_write_tx(struct json *j, const struct app *a, const struct tx *tx, bool full);
/* "ether":{...} of a packet with an Ethernet header; turned: the record tells it the other way round. */
void emit_write_ether(struct json *j, const struct packet *p, bool turned);
/* "files" of a direction, as they are now. */
void emit_write_files(struct json *j, int dir, const struct tx *tx);
/* A record about the flow, told with this packet (NULL: at its end), its source the sender of direction dir. */
void emit_set_record(const struct emit *e, struct event *ev, const struct flow *f, const struct session *s, const struct packet *p, int dir);
/* The members of an alert after the envelope; s and f NULL: no flow. */
void emit_alert_text(struct emit *e, struct json *j, const struct packet *p, const struct flow *f, const struct session *s,
    const struct detect_alert *a);
/* xff, mode overwrite: the address that a proxy tells about takes the place of the proxy's. */
void emit_overwrite(const struct emit *e, struct event *ev, const struct session *s, const struct detect_alert *a);

#endif
