#include "base/hll.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
reg_add(struct hll *h, uint64_t hash)
{
	uint32_t i = (uint32_t) (hash >> (64 - HLL_BITS));
	uint64_t rest = hash << HLL_BITS | (UINT64_C(1) << (HLL_BITS - 1));
	uint8_t rank = (uint8_t) (__builtin_clzll(rest) + 1);

	if (h->reg[i] >= rank)
		return 0;
	h->reg[i] = rank;
	return 1;
}

static int
spill(struct hll *h)
{
	h->reg = calloc(1, HLL_REGISTERS);
	if (!h->reg)
		return -1;
	for (uint32_t i = 0; i < h->n_exact; i++)
		reg_add(h, h->exact[i]);
	return 0;
}

int
hll_add(struct hll *h, uint64_t hash)
{
	if (h->reg)
		return reg_add(h, hash);
	for (uint32_t i = 0; i < h->n_exact; i++)
		if (h->exact[i] == hash)
			return 0;
	if (h->n_exact < HLL_EXACT) {
		h->exact[h->n_exact++] = hash;
		return 1;
	}
	return spill(h) == 0 ? reg_add(h, hash) : 0;
}

void
hll_merge(struct hll *into, const struct hll *from)
{
	if (!from->reg) {
		for (uint32_t i = 0; i < from->n_exact; i++)
			hll_add(into, from->exact[i]);
		return;
	}
	if (!into->reg && spill(into) < 0)
		return;
	for (uint32_t i = 0; i < HLL_REGISTERS; i++)
		if (from->reg[i] > into->reg[i])
			into->reg[i] = from->reg[i];
}

double
hll_count(const struct hll *h)
{
	double sum = 0, m = HLL_REGISTERS, e;
	uint32_t zero = 0;

	if (!h->reg)
		return h->n_exact;
	for (uint32_t i = 0; i < HLL_REGISTERS; i++) {
		sum += ldexp(1, -h->reg[i]);
		zero += h->reg[i] == 0;
	}
	e = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (e <= 2.5 * m && zero)
		e = m * log(m / zero);
	return e;
}

void
hll_bounds(const struct hll *h, double *lo, double *hi)
{
	double n = hll_count(h);

	*lo = h->reg ? floor(n * (1 - 2 * HLL_ERROR)) : n;
	*hi = h->reg ? ceil(n * (1 + 2 * HLL_ERROR)) : n;
	if (*lo < HLL_EXACT && h->reg)
		*lo = HLL_EXACT;
}

void
hll_clear(struct hll *h)
{
	free(h->reg);
	memset(h, 0, sizeof(*h));
}
