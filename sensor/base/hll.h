/*
 * hll - how many distinct things, in fixed memory: exact up to HLL_EXACT, then HyperLogLog (2^11 registers).
 *
 * Thread:    its owner's.
 * Memory:    on the heap: the registers, once the exact list is full; for the pipeline, not for engine/.
 * Owns:      its registers, until hll_clear().
 * Not here:  the hash -> hash.h
 *
 * Sources: Flajolet, Fusy, Gandouet, Meunier 2007; the estimator is Ertl 2017, algorithm 6: no bias at any size; standard
 * error 1.04 / sqrt(2048) = 2.3 %.
 */
#ifndef BASE_HLL_H
#define BASE_HLL_H

#include <stdbool.h>
#include <stdint.h>

#define HLL_EXACT 64
#define HLL_BITS 11
#define HLL_REGISTERS (1 << HLL_BITS)
#define HLL_ERROR 0.023

struct hll {
	uint32_t n_exact;
	uint64_t exact[HLL_EXACT];
	uint8_t *reg; /* heap, once exact is full */
	uint32_t *of; /* behind them: how many registers have a rank */
};

/* `hash`: 64 well-mixed bits of the thing. 1: it is new as far as can be told. */
int hll_add(struct hll *h, uint64_t hash);
void hll_merge(struct hll *into, const struct hll *from);
double hll_count(const struct hll *h);
bool hll_is_over(const struct hll *h, uint32_t n);
/* 95 % bounds of the true count. */
void hll_bounds(const struct hll *h, double *lo, double *hi);
void hll_clear(struct hll *h);

#endif
