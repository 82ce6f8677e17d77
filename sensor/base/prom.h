/*
 * prom - text that Prometheus reads (exposition format 0.0.4), and histograms of durations.
 *
 * Thread:    any; a histogram belongs to one thread.
 * Memory:    the caller's buffer.
 * Owns:      nothing.
 * Not here:  which numbers -> ../metrics.c, ../pipeline/control/http.h
 */
#ifndef BASE_PROM_H
#define BASE_PROM_H

#include "base/buf.h"

enum prom_type { PROM_COUNTER, PROM_GAUGE, PROM_HISTOGRAM };

/* HELP and TYPE of a metric; its values follow. */
void prom_head(struct buf *b, const char *name, enum prom_type type, const char *help);
/* labels: what stands in the braces, "output=\"redis\"", or NULL. Label values must need no escapes. */
void prom_u64(struct buf *b, const char *name, const char *labels, uint64_t v);
void prom_seconds(struct buf *b, const char *name, const char *labels, double v);

#define PROM_BUCKETS 16
/* Bounds 100 us, and then each the double: the last one is 3.3 s. */
struct prom_histogram {
	uint64_t bucket[PROM_BUCKETS]; /* each by itself; what is longer is in `count` only */
	uint64_t count;
	int64_t sum;                   /* ns */
};
void prom_observe(struct prom_histogram *h, int64_t ns);
void prom_histogram(struct buf *b, const char *name, const char *help, const struct prom_histogram *h);

#endif
