/*
 * context - what people say: circumstance, attribution, facts no sensor can see, confirmation. Each statement has an author, a
 * time and an expiry; what nobody said stays unknown.
 *
 * Thread:    the pipeline's.
 * Memory:    an arena a file.
 * Owns:      its statements.
 * Not here:  what it means for a band -> bands.h
 *
 * File: statements: [ { id, author, time, expires, incident | owner | territory | sector | between: [A, B], circumstance,
 *                       attribution, actor, confidence: {scale, value}, confirms: yes, facts: {name: n | [lo, hi]}, linked: n,
 *                       kinetic: {what, time}, note }, or { signed: {key, signature, text} } ]
 */
#ifndef PIPELINE_CONTEXT_H
#define PIPELINE_CONTEXT_H

#include "pipeline/legal/pack.h"
#include "pipeline/legal/signed.h"
#include "pipeline/legal/told.h"

struct statement {
	const char *id, *author, *note;
	int64_t time, expires;            /* 0: never */
	const char *incident, *owner, *territory, *sector; /* to what it applies; all NULL: everything */
	const char *const *between;       /* two parties: of what stands between them and nobody else; NULL: of everybody */
	uint32_t n_between;
	const char *circumstance, *attribution, *actor;
	const char *kinetic;              /* what happened beside the network; NULL: nothing was linked */
	int64_t kinetic_at;
	const char *channel, *signed_by;  /* how it came; the key, NULL: unsigned */
	const char *scale, *value;        /* confidence as the author gave it */
	bool confirms;
	struct fact fact[HUMAN_MAX];
	uint32_t effects;                 /* bits of those told; only a case tells any */
	uint32_t linked;                  /* earlier incidents the author links to this one */
};

struct context {
	struct arena arena;
	struct statement *s;
	uint32_t n, cap;
};

/* Whom to believe: signatures are checked against the keys; what is unsigned only where it may be. */
struct context_trust {
	const struct author_keys *keys; /* NULL: there are none */
	bool unsigned_ok;
	const char *unsigned_why;       /* where it may not be: what would make it so; NULL: nothing, only a signature */
	const char *channel;
};

int context_read(struct context *c, const char *path, const struct packs *p, const struct context_trust *t, struct diag *d);
/* One statement more, as YAML text; *out is it. Its id must be new. -1 with all problems in d: nothing changed. */
int context_add(struct context *c, const char *name, struct span text, const struct packs *p, const struct context_trust *t,
    const struct statement **out, struct diag *d);
/* A number, or [lo, hi]. */
void context_fact(const struct yaml *y, struct fact *f, struct diag *d);
/* What context_add() gave, before another is added. */
void context_remove(struct context *c, const struct statement *s);
void context_clear(struct context *c);
/* The next time after `now` at which a statement begins or ends to count; 0: none. */
int64_t context_next(const struct context *c, int64_t now);
bool statement_applies(const struct statement *s, const struct incident *i, int64_t now);
/* Later statements win over earlier ones. Fills circumstance, attribution, human facts; tells confirmation and links. */
void context_apply(const struct context *c, const struct packs *p, const struct incident *i, int64_t now, struct facts *f, bool *confirmed,
    uint32_t *linked);

#endif
