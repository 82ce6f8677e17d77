/*
 * case - a timeline of facts as people know them afterwards (or make them up for a drill), read from YAML and played step by step.
 *
 * Thread:    the caller's.
 * Memory:    one arena, and the case's own inventory.
 * Owns:      every text in it.
 * Not here:  printing what comes out -> ../exercise.h   the format in words: contrib/doc/write-a-case.md
 */
#ifndef PIPELINE_CASE_H
#define PIPELINE_CASE_H

#include "pipeline/legal/scene.h"

#define CASE_STEPS 256
#define CASE_ASSETS INCIDENT_ASSETS

/* A fact told at a step. */
struct case_fact {
	const char *name;
	struct fact f;      /* f.known false: taken back, unknown again */
};

/* What the sensor saw in a step's capture. */
struct case_seen {
	uint32_t incidents, effects, touches; /* bits as in the step */
	uint64_t alerts, largest;             /* largest: of the incident that was measured */
	uint64_t by_effect[EFFECTS_MAX];      /* alerts */
	const char *measured;                 /* id of the incident that was measured; NULL: there was none */
	struct fact fact[FEATURES_MAX];
	double coverage;
	bool unlisted;
};

struct case_step {
	int64_t at;
	const char *say, *author, *capture, *rules;
	struct case_seen *seen; /* NULL: no capture was played (../playback.h) */
	uint32_t touches;   /* bit = asset */
	uint32_t effects;   /* bit = effect */
	const struct case_fact *facts;
	uint32_t n_facts;
	const char *circumstance, *attribution, *actor; /* NULL: nothing new */
	bool confirms, has_confirms, has_linked;
	uint32_t linked;
	const char *scale, *value; /* confidence as the author gave it */
	uint32_t line;
};

/* What the published characterisation supports: for comparison only, no condition ever looks at it. */
struct case_range {
	const char *party;  /* NULL: of the ladder in general */
	uint8_t lo, hi;
	bool given;
};

struct case_file {
	struct arena arena;
	struct inventory inv;
	const char *path, *id, *title, *note;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
	struct case_range legal, effects, party[PARTIES_MAX];
	uint32_t n_party;
	struct case_step *step;
	uint32_t n_steps;
};

/* All problems in d. -1 when there was an error. */
int case_read(struct case_file *c, const char *path, const struct packs *p, const struct effects *e, struct diag *d);
void case_clear(struct case_file *c);
/* The facts of step k, on top of those before it: what was seen in its capture, then what is told. */
void case_apply(const struct case_file *c, uint32_t k, struct scene *s);

/* What the steps tell, as statements of their authors, for those who ask where a fact is from. context_clear() it before the case,
 * whose texts it has. -1: no memory. */
int case_context(const struct case_file *c, const struct packs *p, struct context *out);

/* The middle of the parties' intervals: half of those with a position known have lo at least there, and hi at most. */
struct middle {
	uint8_t lo, likely, hi;
	uint32_t parties;
};
struct middle bands_middle(const struct bands *b);

/* How an interval stands to a published one. */
struct comparison {
	bool holds_midpoint;
	double overlap;     /* share of the published bands that the interval has too */
	bool a_band_above;  /* all of it lies above */
};
struct comparison compare_range(uint8_t lo, uint8_t hi, const struct case_range *r);

#endif
