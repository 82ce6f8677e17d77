/*
 * assess - from events to incidents, their scale, the law that may bear on them, and a band per party.
 *
 * One event goes incident_join -> scale_update -> legal_assess; what changed is then taken out record by record.
 *
 * Thread:    the pipeline's.
 * Memory:    incidents on the heap within a cap; folded, never lost (counted when the cap is hit).
 * Owns:      incidents, inventory, packs.
 * Not here:  writing records to journal and sinks -> output/   suppression of alerts -> threshold.h
 */
#ifndef PIPELINE_ASSESS_H
#define PIPELINE_ASSESS_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/counters.h"
#include "base/json.h"
#include "conf/conf.h"
#include "event/card.h"
#include "event/event.h"
#include "pipeline/scale/coverage.h"

struct assess_conf {
	const char *inventory;    /* YAML file; NULL: nothing known about assets */
	const char *packs;        /* folder of rules/policy */
	const char *context;      /* YAML file of context inputs; NULL: none */
	const char *context_keys; /* YAML file of authors' keys; then what is unsigned is taken from trusted peers alone */
	const char *effects;      /* YAML: classtype / ATT&CK id -> effect class, for rules without casus_effect */
	int64_t join_window;      /* ns: activity against one victim group further apart begins a new incident */
	int64_t campaign_window;  /* ns: that of one attacker's infrastructure */
	int64_t quiet_after, close_after; /* ns */
	uint32_t max_incidents;
	bool exercise;            /* every record is marked EXERCISE */
};
extern const struct option_table assess_options;

struct assess;
struct incident;

/* Reads inventory, packs, context, effects; every problem in d with file:line:column. NULL when there was an error. */
struct assess *assess_new(const struct assess_conf *conf, const char *sensor, const struct clock *clock, struct counters *cnt,
    struct diag *d);
/* New inventory, packs and context, old ones kept on error (-1, problems in d). */
int assess_reload(struct assess *a, struct diag *d);
void assess_free(struct assess *a);

/* Every event that is not EVENT_TICK, alerts that were suppressed too. Returns the incident it belongs to or NULL. */
struct incident *assess_event(struct assess *a, const struct event *e, const struct card *card, bool suppressed);
/* An alert that its threshold holds back until there are enough (key: what is counted together, over a window); once there
 * are, it was part of the incident. */
void assess_forming(struct assess *a, const struct event *e, const struct card *card, uint64_t key, int64_t window);
void assess_formed(struct assess *a, struct incident *i, uint64_t key);
/* How much can have been seen, from now on. */
void assess_coverage(struct assess *a, const struct assess_coverage *cov);
/* Time went on: closes, quiets, re-assesses. Loss and coverage of the sensor widen intervals. */
void assess_tick(struct assess *a, int64_t now, const struct assess_coverage *cov);
void assess_finish(struct assess *a); /* end of input: every open incident is assessed a last time */

/* What a person tells while it runs: a statement as YAML, bare only where the peer is trusted, or signed. It is recorded, counts from
 * the next assessment on, and is kept over reloads and restarts. */
struct assess_telling {
	struct span text;
	bool trusted;        /* it may be bare */
	const char *channel; /* one of CHANNEL_ (legal/told.h) */
	const char *mark;    /* of a stream: how far it was read with this one; else NULL */
};
/* Negative: it does not count, why[] tells what was wrong. E_EXIST: it was told before, word for word. */
int assess_tell(struct assess *a, const struct assess_telling *t, char why[static 256]);
/* From now on what is told is kept in this file too, and what it holds counts again. Negative: an error in d. */
int assess_remember(struct assess *a, const char *path, struct diag *d);
/* How far a stream was read, over restarts too; "": not at all. */
const char *assess_mark(const struct assess *a);

/* What the alert's `casus` object carries of its incident: incident, scale, legal, parties, marking. */
void assess_tag(const struct assess *a, const struct incident *i, struct json *j);

/* Records that became due, in the order in which they happened. */
enum assess_kind { ASSESS_INCIDENT, ASSESS_ESCALATION, ASSESS_CONTEXT };
struct assess_record {
	enum assess_kind kind;
	char incident[40];         /* id */
	uint32_t revision;
	int64_t ts;                /* packet time */
	struct incident *i;
	const void *change;        /* private */
	/* new hosts of the incident since its last record, for Redis' keys: keyed 64-bit hashes. all_hosts: with those of the
	 * records before they are every one; else they are enough for a HyperLogLog to count the same as with every one. */
	const uint64_t *hosts;
	uint32_t n_hosts;
	bool all_hosts;
};
bool assess_next(struct assess *a, struct assess_record *out);
/* The record's members: the incident document ("incident":{...}) or the change ("escalation":{...}). */
void assess_write(const struct assess *a, const struct assess_record *r, struct json *j);

/* For control and the summary: all incidents by id order; the document of one (NULL id = none); in words. */
void assess_list(const struct assess *a, struct json *j);
int assess_document(const struct assess *a, const char *id, struct json *j); /* E_NOENT */
int assess_explain(const struct assess *a, const char *id, const char *party, struct json *j);
/* The table for people: incidents, scale, bands side by side, divergence, unknowns. Colours when `colour`. */
void assess_summary(const struct assess *a, FILE *out, bool colour);
/* Text for Prometheus. */
void assess_metrics(const struct assess *a, struct buf *b);
/* SHA-256 (hex) over all packs in force. */
const char *assess_pack_hash(const struct assess *a);

#endif
