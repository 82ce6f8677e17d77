/*
 * explain_private - the places in detection that tell explain.c what happens. d->explain is set wherever these are called.
 *
 * Thread:    the loader's (explain_wants, explain_rule), then the worker's.
 * Memory:    none of its own.
 * Owns:      nothing.
 * Not here:  reading the result -> explain.h
 */
#ifndef ENGINE_DETECT_EXPLAIN_PRIVATE_H
#define ENGINE_DETECT_EXPLAIN_PRIVATE_H

#include "engine/detect/engine.h"
#include "engine/detect/explain.h"

/* Loading: the sid that is still looked for (0: none), and the rule once it has its place. */
uint32_t explain_wants(const struct explain *e);
void explain_rule(struct explain *e, const struct ruleset *r, uint32_t i, const struct rule *rule, const struct fast *f);

uint32_t explain_sig(const struct explain *e); /* its place in the ruleset */
void explain_packet(struct detect *d);         /* the rule against the packet at hand */

/* A transaction (tx.c): begin, steps, end. A step that fails ends the attempt: its caller goes to explain_end(). */
void explain_begin(struct detect *d, const struct tx *tx);
bool explain_header(struct detect *d, const struct sig *s, bool turned);
bool explain_check(struct explain *e, bool ok, uint16_t opt, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void explain_got(struct explain *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void explain_got_bytes(struct explain *e, const char *where, struct span s);
bool explain_ops(struct detect *d, const struct op *ops, unsigned n, struct span buf, uint64_t start, const char *where);
bool explain_buffers(struct detect *d, const struct op *ops, unsigned n, const struct buffer *b, struct tx *tx, int dir, bool over);
bool explain_payload(struct detect *d, const struct sig *s);
void explain_end(struct detect *d);

/* alert.c: the rule matched; the packet's alerts are settled. */
void explain_queued(struct explain *e, uint64_t num, bool noalert);
void explain_outcome(struct detect *d, unsigned n, bool passed);

#endif
