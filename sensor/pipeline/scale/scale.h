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
	double blind; /* set by scale_measure: share of the owners' assets that is not mirrored */
};

/* What several sensors measured of one incident, as one that sees everything would have: the largest, the sum of what is not seen
 * twice, the smallest, from first to last, how many different hosts, a peak that may or may not be the same second, what is listed. */
enum feature_join { JOIN_MOST, JOIN_SUM, JOIN_LEAST, JOIN_SPAN, JOIN_VICTIMS, JOIN_ATTACKERS, JOIN_PEAK, JOIN_SIGNATURES, JOIN_KINDS };

struct feature {
	const char *name;  /* what packs call it: "outage_s" */
	const char *unit;  /* "s", "hosts", "bit/s", "bytes", "share", "" */
	const char *help;
	void (*measure)(const struct scale_in *in, struct fact *out);
	enum feature_join join;
	bool of_assets;    /* follows from the assets touched alone */
};
extern const struct feature *const feature_table[];
extern const unsigned feature_table_n;

/* An outage of a service of a touched asset. */
struct scale_outage {
	const struct asset *asset;
	const struct asset_service *service;
	int64_t begin, end; /* end 0 = goes on */
	bool sure;
	struct share share; /* of the clients that failed */
};
/* Of one party's assets of a sector, those touched; hi: with those that are not mirrored. */
struct scale_sector {
	const char *owner, *sector;
	uint32_t touched, most, of;
};

#define FEATURES_MAX 48
#define SCALE_ROWS 16
struct scale {
	struct fact fact[FEATURES_MAX]; /* by place in feature_table */
	double coverage;   /* 0..1: how much of what happened the sensor can have seen */
	const char *coverage_why;
	struct scale_outage outage[SCALE_ROWS]; /* the latest ones */
	uint32_t n_outages;
	struct scale_sector sector[SCALE_ROWS]; /* the largest shares */
	uint32_t n_sectors;
};

int feature_index(const char *name); /* -1: no such feature */
void scale_measure(const struct scale_in *in, struct scale *out);
void scale_write(const struct scale *s, struct json *j);

/* ---- for features ---- */
/* Fills and writes the tables of outages and of sectors. */
void scale_sectors(const struct scale_in *in, struct scale *out);
void scale_rows(const struct scale_in *in, struct scale *out);
void scale_rows_write(const struct scale *s, struct json *j);
/* A time as records have it. */
void scale_write_time(struct json *j, const char *key, int64_t ns);
/* Share of packets the sensor missed (capture loss and sampling), 0..1. */
double scale_missed(const struct assess_coverage *c);
/* And the share it saw, never quite none. */
double scale_kept(const struct scale_in *in);
/* A count of things of which a share was missed: lo as seen, likely and hi grow. `grain`: what is missed at once, in units of
 * `seen` (1 for things, SCALE_PACKET for bytes). */
#define SCALE_PACKET 1500.0
void scale_count(const struct scale_in *in, double seen, const char *method, double grain, struct fact *out);
/* How many different things: a sketch, and a sample that tells how many were missed altogether. */
void scale_things(const struct scale_in *in, const struct hll *all, const struct sample *some, struct fact *out);
/* Bytes or packets of the incident's flows that alerted; `squares`: of what one packet weighs. */
void scale_volume(const struct scale_in *in, double seen, double squares, double doubt, const char *method, struct fact *out);
/* Share of the assets of the owners touched whose traffic is not mirrored. */
double scale_unmirrored(const struct scale_in *in);
/* An asset of those owners that is not mirrored, and not known to be touched. */
bool scale_may_touch(const struct scale_in *in, const struct asset *a);
bool scale_is_touched(const struct incident *i, const struct asset *a);
/* What crosses the border both ways cannot be measured where one side only is seen: hi grows; unknown when it is nearly all. */
void scale_one_sided(const struct scale_in *in, struct fact *out);
/* One value without doubt. */
void scale_exact(double v, const char *method, struct fact *out);

/* Is it a service of one of the incident's assets, with traffic seen? */
bool scale_touches(const struct scale_in *in, const struct health_service *s);
/* Seconds of outage of a service since the incident began. false: not touched. */
bool scale_downtime(const struct scale_in *in, const struct health_service *s, struct fact *out);
/* Did the outage touch the time of the incident? */
bool scale_within(const struct scale_in *in, const struct health_outage *o);

#endif
