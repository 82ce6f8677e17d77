/*
 * metrics - what Prometheus is told of the engine half: captures, flows, memory, rules.
 *
 * Thread:    main, in the pipeline's loop.
 * Memory:    the caller's buffer.
 * Owns:      nothing.
 * Not here:  the pipeline half -> output_metrics(), assess_metrics()   the socket -> pipeline/control/http.h
 */
#ifndef METRICS_H
#define METRICS_H

#include "base/buf.h"
#include "engine/workers.h"
#include "event/card.h"

struct metrics_in {
	struct workers *workers;
	const char *const *ifaces; /* NULL: files */
	unsigned n_ifaces;
	const struct cards *cards;
	int64_t loaded_at;         /* ns: when the rules came into force */
	const struct counters *sum;
};

void metrics_engine(const struct metrics_in *in, struct buf *b);

#endif
