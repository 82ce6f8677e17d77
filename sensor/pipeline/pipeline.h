/*
 * pipeline - everything that happens to an event, in order: read pipeline_event() first.
 *
 *   threshold -> incident -> scale -> legal -> journal -> sinks
 *
 * Thread:    one, with a libevent loop; takes records from the workers' rings.
 * Memory:    bounded by the parts.
 * Owns:      threshold state, assess, output, control.
 * Not here:  packets -> ../engine/
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "base/ring.h"
#include "pipeline/assess.h"
#include "pipeline/output/output.h"
#include "pipeline/output/store.h"

/* Which records besides alerts and escalations are written, and what alerts carry (outputs.* / eve-log types). */
struct eve_conf {
	bool alert, flow, stats, anomaly, fileinfo, frame;
	bool app_all;             /* every protocol's records */
	const char *const *app;   /* names of protocols to log: "http", NULL-ended */
	bool community_id;
	uint16_t community_id_seed;
	bool metadata;            /* alert.metadata and metadata.flowbits */
	bool references;          /* alert.references */
	bool pcap_file;
	bool version;             /* suricata_version */
};

struct pipeline_conf {
	const char *sensor;       /* sensor id */
	const char *const *ifaces; /* names by in_iface; NULL offline */
	const char *pcap_name;    /* offline: file name for pcap_filename when wanted, else NULL */
	int64_t stats_interval;   /* ns */
	struct eve_conf eve;
	bool offline;
};

struct pipeline;
/* `store`: where files go; NULL: nowhere. */
void pipeline_store(struct pipeline *p, struct store *store);
struct pipeline *pipeline_new(const struct pipeline_conf *conf, struct event_base *loop, struct clock *clock, struct assess *assess,
    struct output *output, struct counters *cnt);
void pipeline_free(struct pipeline *p);
/* Cards of a ruleset generation; the pipeline holds a reference until a newer one and no event of it is left. */
void pipeline_cards(struct pipeline *p, struct cards *c);
/* The whole life of an event. `c` = sum of all workers' counters for stats; may be called with EVENT_TICK. */
void pipeline_event(struct pipeline *p, const struct event *e);
/* A stats record now (SIGUSR1, stats_interval, end). `sum`: counters of all workers and the pipeline. */
void pipeline_stats(struct pipeline *p, const struct counters *sum, int64_t now);
void pipeline_coverage(struct pipeline *p, const struct assess_coverage *cov);
/* Text for Prometheus: alerts told, by severity. */
void pipeline_metrics(const struct pipeline *p, struct buf *b);
void pipeline_finish(struct pipeline *p); /* end of input: last assessments, then output_drain() */

#endif
