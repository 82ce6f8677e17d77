/*
 * explain_private - what is kept about the rule, and the places in detection that tell of it; d->explain is set wherever they do.
 *
 * Thread:    the loader's (explain_wants, explain_rule), then the worker's.
 * Memory:    fixed; texts of the rule in its arena.
 * Owns:      what was seen of the rule.
 * Not here:  reading the result -> explain.h
 */
#ifndef ENGINE_DETECT_EXPLAIN_PRIVATE_H
#define ENGINE_DETECT_EXPLAIN_PRIVATE_H

#include "engine/detect/engine.h"
#include "engine/detect/explain.h"

#define STEPS_MAX 96
#define CAUSES_MAX 96
#define WHAT_MAX 200
#define GOT_MAX 280
#define EXCERPT 64

struct step {
	bool ok;
	char what[WHAT_MAX];
	char got[GOT_MAX];
};

struct attempt {
	unsigned n, held; /* steps; of them those that held before the first that did not */
	uint64_t num;
	char who[WHAT_MAX];
	struct step step[STEPS_MAX];
};

/* What failed first, over all attempts. */
struct cause {
	char what[WHAT_MAX];
	uint64_t times, first;
	unsigned held;
};

struct option_text {
	const char *text;
	uint32_t line, column;
};

struct explain {
	uint32_t sid, rev, sig, card;
	bool content, loaded;
	struct arena texts;
	const char *msg, *file, *header, *kind, *fast;
	uint32_t line;
	struct option_text *option; /* by number from 1 */
	uint32_t n_options;
	struct attempt now, best;
	struct cause cause[CAUSES_MAX];
	unsigned n_causes;
	uint64_t packets, transactions, matched, first_match, last_match;
	uint64_t queued, noalert, overflow, passed, flow_passed, alerts, told, suppressed;
};

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
