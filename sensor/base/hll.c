#include "base/hll.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANK_MAX (64 - HLL_BITS + 1)

static int
raise_to(struct hll *h, uint32_t i, uint8_t rank)
{
	if (h->reg[i] >= rank)
		return 0;
	h->of[h->reg[i]]--;
	h->of[rank]++;
	h->reg[i] = rank;
	return 1;
}

static int
reg_add(struct hll *h, uint64_t hash)
{
	uint32_t i = (uint32_t) (hash >> (64 - HLL_BITS));
	uint64_t rest = hash << HLL_BITS | (UINT64_C(1) << (HLL_BITS - 1));
	uint8_t rank = (uint8_t) (__builtin_clzll(rest) + 1);

	return raise_to(h, i, rank);
}

static int
spill(struct hll *h)
{
	h->reg = calloc(1, HLL_REGISTERS + (RANK_MAX + 1) * sizeof(*h->of));
	if (!h->reg)
		return -1;
	h->of = (uint32_t *) (void *) (h->reg + HLL_REGISTERS);
	h->of[0] = HLL_REGISTERS;
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
		raise_to(into, i, from->reg[i]);
}

static double
sigma(double x)
{
	double y = 1, z = x, before;

	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z > before);
	return z;
}

static double
tau(double x)
{
	double y = 1, z = 1 - x, before;

	if (x <= 0 || x >= 1)
		return 0;
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z < before);
	return z / 3;
}

double
hll_count(const struct hll *h)
{
	const uint32_t *of = h->of;
	double z, m = HLL_REGISTERS;

	if (!h->reg)
		return h->n_exact;
	z = m * tau(1 - of[RANK_MAX] / m);
	for (unsigned k = RANK_MAX - 1; k >= 1; k--)
		z = 0.5 * (z + of[k]);
	z += m * sigma(of[0] / m); /* never all of them: the exact ones came first */
	return m * m / (2 * M_LN2 * z);
}

bool
hll_is_over(const struct hll *h, uint32_t n)
{
	return h->reg ? n < HLL_EXACT || hll_count(h) > n : h->n_exact > n;
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
