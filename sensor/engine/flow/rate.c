/*
 * rate - see rate.h. A ring of sums, each of a tenth of the interval.
 */
#include "engine/flow/rate.h"

bool
rate_add(struct flow_rate *r, const struct rate_conf *c, int dir, uint32_t bytes, int64_t ts)
{
	int64_t now = ts / (c->interval / RATE_SLOTS + 1);
	__typeof__(r->of[0]) *o = &r->of[dir];
	int64_t gone = now - o->newest;

	for (int64_t i = 1; gone > 0 && i <= (gone < RATE_SLOTS ? gone : RATE_SLOTS); i++) {
		uint64_t *slot = &o->slot[(uint64_t) (o->newest + i) % RATE_SLOTS];
		o->sum -= *slot;
		*slot = 0;
	}
	if (gone > 0)
		o->newest = now;
	o->slot[(uint64_t) o->newest % RATE_SLOTS] += bytes;
	o->sum += bytes;
	return o->sum > c->bytes;
}
