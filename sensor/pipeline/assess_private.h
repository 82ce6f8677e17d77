/*
 * assess_private - what assess.c and summary.c share: struct assess.
 *
 * Thread:    the pipeline's.
 * Memory:    incidents on the heap within a cap; packs and inventory in arenas.
 * Owns:      what assess.h says.
 * Not here:  what others may see -> assess.h
 */
#ifndef PIPELINE_ASSESS_PRIVATE_H
#define PIPELINE_ASSESS_PRIVATE_H

#include "base/prom.h"
#include "pipeline/assess.h"
#include "pipeline/legal/document.h"
#include "pipeline/legal/told.h"

/* legal's notes on an incident (incident->legal). */
struct notes {
	struct assessment now;
	struct bands_known known; /* of what now.bands was computed */
	struct bands told;        /* of the last escalation */
	int64_t lower_since[PARTIES_MAX], record_at;
	enum incident_state told_state;
	bool assessed, lowering; /* lowering: a lower band waits until it has lasted */
	bool going;              /* an outage goes on */
	char *tag;               /* heap: what alerts carry of it, as text */
	uint32_t tag_n, tag_assets; /* tag_n 0: none is kept */
	bool tag_unlisted;
};

struct pending {
	enum assess_kind kind;
	struct incident *i;       /* NULL: a context record, what follows is empty */
	char *told;               /* its members as JSON */
	int64_t at;
	struct assessment a;
	struct bands before;
	uint64_t *hosts;          /* heap */
	uint32_t n_hosts;
	bool all_hosts;
	struct pending *next;
};

struct asset_second {
	int64_t second;
	uint64_t bytes, packets;
};

struct assess {
	struct assess_conf conf;
	const char *sensor;
	const struct clock *clock;
	struct counters *cnt;
	struct inventory inv;
	struct effects effects;
	struct packs packs;
	struct context context;
	struct author_keys keys;
	struct told_list told; /* while it ran, kept for reloads and restarts */
	struct incidents *incidents;
	struct health *health;
	uint64_t one_sided, two_sided; /* conversations that ended */
	struct asset_second *traffic;  /* by asset */
	struct assess_coverage cov;
	struct pending *first, *last, *taken;
	int64_t context_next;
	struct prom_histogram spent;   /* on an assessment */
	struct document_in rec;
};

struct notes *assess_notes(struct incident *i);
/* Measures and computes now. */
void assess_now(struct assess *a, struct incident *i, int64_t now);
/* ---- assess_tell.c ---- */
/* After a reload: what no longer fits is warned of and left out. */
void assess_tell_again(struct assess *a, struct diag *d);

#endif
