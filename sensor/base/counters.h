/*
 * counters - every drop has a name and a sentence. One row in counters.def = enum + name + help + stats key.
 *
 * Thread:    each worker (and the pipeline) has its own array; others only read, sums are made by the reader.
 * Memory:    an array of numbers, one place a row of counters.def.
 * Owns:      nothing.
 * Not here:  how they are reported -> ../pipeline/stats.h
 */
#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdint.h>

enum counter {
#define COUNTER(id, key, help) id,
#include "base/counters.def"
#undef COUNTER
	COUNTER_N
};

struct counter_info {
	const char *key;  /* dotted, as in stats events: "capture.kernel_drops" */
	const char *help; /* one sentence */
};
extern const struct counter_info counter_info[COUNTER_N];

struct counters {
	_Alignas(64) uint64_t v[COUNTER_N];
};

static inline void
counter_add(struct counters *c, enum counter id, uint64_t n)
{
	__atomic_store_n(&c->v[id], c->v[id] + n, __ATOMIC_RELAXED);
}

static inline void
counter_inc(struct counters *c, enum counter id)
{
	counter_add(c, id, 1);
}

static inline void
counter_set(struct counters *c, enum counter id, uint64_t n)
{
	__atomic_store_n(&c->v[id], n, __ATOMIC_RELAXED);
}

static inline uint64_t
counter_get(const struct counters *c, enum counter id)
{
	return __atomic_load_n(&c->v[id], __ATOMIC_RELAXED);
}

#endif
