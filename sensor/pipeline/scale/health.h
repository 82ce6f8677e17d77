/*
 * health - does a service answer? Seen from the wire, for every service of the inventory.
 *
 * A second counts attempts (the clients' SYNs, requests, queries, polls) and successes (SYN/ACKs, answers that are no
 * failure). An outage begins when of the attempts of ten seconds fewer than one in five succeed, and ends when four in
 * five do. Silence after steady use, and attempts at a service of which no answer was ever seen (it may be that only one
 * side is mirrored), are only possible outages: they widen, they do not assert. Sums do not depend on how flows are split
 * among workers.
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
#define HEALTH_BUCKETS 16

struct health_outage {
	int64_t begin, end; /* ns; end 0 = goes on */
	int64_t up;         /* ns between them in which it did answer: two outages folded into one */
	uint64_t attempts, failed;
	bool sure;          /* it had answered before */
};
#define HEALTH_OUTAGES 8

struct health_service {
	const struct asset *asset;
	const struct asset_service *service;
	struct {
		int64_t second;
		uint64_t syn, synack, requests, responses, failures;
	} bucket[HEALTH_BUCKETS];
	int64_t first, last;            /* packet times of any traffic */
	int64_t answered;               /* last success; 0 = never seen */
	int64_t active_seconds;
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
/* A second is over. True when an outage began or ended. */
bool health_tick(struct health *h, int64_t now);
uint32_t health_count(const struct health *h);
const struct health_service *health_at(const struct health *h, uint32_t i);
/* No traffic at all for longer than its habit: since when, else 0. */
int64_t health_silent_since(const struct health_service *s, int64_t now);

#endif
