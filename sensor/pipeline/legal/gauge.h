/*
 * gauge - numbers beside the bands: national severity scales, weighted scores, the factors by which force is weighed. All of it
 * data of the packs: a gauge is a list of steps, each with a value and a condition.
 *
 * Thread:    the pipeline's; immutable between reloads.
 * Memory:    the packs' arena.
 * Owns:      nothing.
 * Not here:  bands -> bands.h   telling it -> document.h
 *
 * A value is an interval: at least the highest step that is certainly met, at most the highest that is not excluded and that the
 * effects can reach (`band`). What only a person can say stays unknown, the whole range, until a person says it.
 */
#ifndef PIPELINE_GAUGE_H
#define PIPELINE_GAUGE_H

#include "pipeline/legal/pack.h"

struct bands;

struct gauge_step {
	double value;
	struct expr *when;
	uint8_t band;           /* while unknown it counts only where the effects' hi reaches this band */
	const char *say;
};

struct gauge {
	const char *id, *title, *say, *person; /* person: what only people can add; NULL: nothing */
	double base, top, weight;
	const char *needs;      /* "attribution", "actor" or "circumstance": not told = unknown; NULL = none */
	bool has_otherwise;
	double otherwise;       /* the value to use while `needs` is not told */
	const struct gauge_step *step;
	uint32_t n_steps;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

#define LEVELS_MAX 12
struct severity_level {
	const char *name;
	double from;            /* of a score: this level from here on */
};

/* A scale of some body: levels from the least severe on, by the band of the effects and by steps of its own, or by a score. */
struct severity_scale {
	const char *id, *title, *by;
	struct severity_level level[LEVELS_MAX];
	uint32_t n_levels;
	bool by_band;
	uint8_t band_lo[BANDS_MAX], band_hi[BANDS_MAX]; /* levels by band of the effects */
	struct gauge steps;     /* values are level numbers from 0 on */
	struct gauge *part;     /* of a score: weighted mean */
	uint32_t n_parts;
	bool verified;
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

struct gauge_value {
	double lo, hi;
	bool known;             /* false: what it needs was not told */
	const struct gauge_step *met; /* highest step certainly met; NULL: none */
};
struct gauge_value gauge_eval(const struct gauge *g, const struct facts *f, uint8_t effects_hi);

struct severity_value {
	double score_lo, score_hi;    /* of a score */
	uint8_t lo, hi;               /* levels */
};
struct severity_value severity_eval(const struct severity_scale *s, const struct facts *f, const struct bands *b);

/* ---- for pack.c ---- */
struct pack_reader;
void gauges_read_severity(struct pack_reader *r, const struct yaml *root);
void gauges_read_factors(struct pack_reader *r, const struct yaml *root);

#endif
