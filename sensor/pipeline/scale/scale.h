/*
 * scale - how big: every feature as lo / likely / hi with the method it was found by. Registry: features/.
 *
 * Thread:    the pipeline's.
 * Memory:    one struct scale an incident.
 * Owns:      nothing else.
 * Not here:  what a number means in law -> ../legal/, rules/policy/
 *
 * Loss, sampling and one-sided views widen: what was not seen may be more, so hi grows and lo stays what was seen.
 */
#ifndef PIPELINE_SCALE_H
#define PIPELINE_SCALE_H

#include "base/json.h"
#include "pipeline/incident/incident.h"
#include "pipeline/scale/coverage.h"
#include "pipeline/scale/health.h"

struct fact {
	double lo, likely, hi;
	bool known;         /* false: nothing was measured and nobody told: any value is possible */
	const char *method; /* how, for people */
};

struct scale_in {
	const struct incident *i;
	const struct inventory *inv;
	const struct health *health;
	const struct assess_coverage *cov;
	int64_t now;
	const struct effects *effects;
};

struct feature {
	const char *name;  /* what packs call it: "outage_s" */
	const char *unit;  /* "s", "hosts", "bit/s", "bytes", "share", "" */
	const char *help;
	void (*measure)(const struct scale_in *in, struct fact *out);
	bool of_assets;    /* follows from the assets touched alone */
};
extern const struct feature *const feature_table[];
extern const unsigned feature_table_n;

#define FEATURES_MAX 48
struct scale {
	struct fact fact[FEATURES_MAX]; /* by place in feature_table */
	double coverage;   /* 0..1: how much of what happened the sensor can have seen */
	const char *coverage_why;
};

int feature_index(const char *name); /* -1: no such feature */
void scale_measure(const struct scale_in *in, struct scale *out);
void scale_write(const struct scale *s, struct json *j);

/* ---- for features ---- */
/* Share of packets the sensor missed (capture loss and sampling), 0..1. */
double scale_missed(const struct assess_coverage *c);
/* A count of things of which a share was missed: lo as seen, likely and hi grow. `grain`: what is missed at once, in units of
 * `seen` (1 for things, SCALE_PACKET for bytes). */
#define SCALE_PACKET 1500.0
void scale_count(const struct scale_in *in, double seen, const char *method, double grain, struct fact *out);
/* One value without doubt. */
void scale_exact(double v, const char *method, struct fact *out);

/* Seconds of outage of a service since the incident began, surely / possibly. false: not one of its assets, or no traffic seen. */
bool scale_outage(const struct scale_in *in, const struct health_service *s, double *lo, double *hi);

#endif
