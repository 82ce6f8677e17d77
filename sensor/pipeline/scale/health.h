/*
 * health - does a service answer? Seen from the wire, for every service of the inventory.
 *
 * A second counts attempts (the clients' SYNs; requests, queries, polls) and successes (SYN/ACKs; answers that are no
 * failure), sessions and requests each by themselves: a server that accepts everybody and answers with errors is down too.
 * An outage begins when of the attempts of ten seconds, or of a minute where they are few, four in five fail; or half of
 * very many, far more than is its habit. It ends when four in five succeed. Where it began and ended is the place that
 * parts failing from succeeding seconds best. Silence after steady use, and attempts at a service of which no answer was
 * ever seen (it may be that only one side is mirrored), are only possible outages: they widen, they do not assert. Sums do
 * not depend on how flows are split among workers.
 *
 * Thread:    the pipeline's.
 * Memory:    one record a service of the inventory.
 * Owns:      the records.
 * Not here:  counting a second of a service -> ../../engine/services.h   what an outage weighs -> scale.h
 */
#ifndef PIPELINE_HEALTH_H
#define PIPELINE_HEALTH_H

#include "event/event.h"
#include "pipeline/incident/inventory.h"

#define HEALTH_WINDOW 10 /* seconds */
#define HEALTH_LONG 60
#define HEALTH_BUCKETS 64

/* Of some seconds. */
struct tries {
	uint64_t syn, synack, requests, good;
};

struct health_outage {
	int64_t begin, end; /* ns; end 0 = goes on */
	int64_t before, after; /* the last success before it, the first after it; 0 = none seen */
	int64_t up;         /* ns between them in which it did answer: two outages folded into one */
	struct tries t;     /* while it lasted */
	struct tries first, last_ones; /* of t its first and last two seconds: perhaps before it began, after it ended */
	int64_t seconds;    /* counted into t */
	double habit, habit_ok; /* attempts and successes of a second before it */
	bool sure;          /* it had answered before */
};
#define HEALTH_OUTAGES 8

struct health_service {
	const struct asset *asset;
	const struct asset_service *service;
	struct {
		int64_t second;
		struct tries t;
	} bucket[HEALTH_BUCKETS];
	int64_t first, last;            /* packet times of any traffic */
	int64_t answered;               /* last success; 0 = never seen */
	int64_t active_seconds;
	int64_t lull_from, lull_to;     /* the longest time without a success that was seen, between two of them */
	uint64_t habit_n;               /* seconds that its habit was learned from */
	double habit, habit_ok;
	struct health_outage outage[HEALTH_OUTAGES]; /* the latest ones */
	uint32_t n_outages;
	bool down;
};

struct health;
struct health *health_new(const struct inventory *inv);
void health_free(struct health *h);
/* After a reload: what was measured of services of assets of the same name. */
void health_keep(struct health *h, const struct health *old);
/* EVENT_FACTS. The record it went to, or NULL. */
struct health_service *health_facts(struct health *h, const struct inventory *inv, const struct event *e);
/* Share of packets that the sensor misses: it takes more to call it an outage. */
void health_missed(struct health *h, double missed);
/* A second is over. True when an outage began or ended. */
bool health_tick(struct health *h, int64_t now);
uint32_t health_count(const struct health *h);
const struct health_service *health_at(const struct health *h, uint32_t i);
/* Share of attempts that failed in the outage, 95 % bounds when a packet is seen with chance `kept`. */
struct share {
	double lo, likely, hi;
};
/* Attempts of a second in it. */
double health_rate(const struct health_outage *o);
struct share health_share(const struct health_outage *o, double kept);
/* No traffic at all for longer than its habit: since when, else 0. */
int64_t health_silent_since(const struct health_service *s, int64_t now);

#endif
