/*
 * context - what people say: circumstance, attribution, facts no sensor can see, confirmation. Each statement has an author, a
 * time and an expiry; what nobody said stays unknown.
 *
 * Thread:    the pipeline's.
 * Memory:    an arena a file.
 * Owns:      its statements.
 * Not here:  what it means for a band -> bands.h
 *
 * File: statements: [ { id, author, time, expires, incident | owner | territory | sector, circumstance, attribution,
 *                       confidence: {scale, value}, confirms: yes, facts: {name: n | [lo, hi]}, linked: n, note } ]
 */
#ifndef PIPELINE_CONTEXT_H
#define PIPELINE_CONTEXT_H

#include "pipeline/legal/pack.h"

struct statement {
	const char *id, *author, *note;
	int64_t time, expires;            /* 0: never */
	const char *incident, *owner, *territory, *sector; /* to what it applies; all NULL: everything */
	const char *circumstance, *attribution, *actor;
	const char *scale, *value;        /* confidence as the author gave it */
	bool confirms;
	struct fact fact[HUMAN_MAX];
	uint32_t linked;                  /* earlier incidents the author links to this one */
};

struct context {
	struct arena arena;
	struct statement *s;
	uint32_t n;
};

int context_read(struct context *c, const char *path, const struct packs *p, struct diag *d);
/* A number, or [lo, hi]. */
void context_fact(const struct yaml *y, struct fact *f, struct diag *d);
void context_clear(struct context *c);
/* The next time after `now` at which a statement begins or ends to count; 0: none. */
int64_t context_next(const struct context *c, int64_t now);
bool statement_applies(const struct statement *s, const struct incident *i, int64_t now);
/* Later statements win over earlier ones. Fills circumstance, attribution, human facts; tells confirmation and links. */
void context_apply(const struct context *c, const struct packs *p, const struct incident *i, int64_t now, struct facts *f, bool *confirmed,
    uint32_t *linked);

#endif
