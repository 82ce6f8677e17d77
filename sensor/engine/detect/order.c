/*
 * order - in which order rules of one packet are looked at and told.
 *
 * Suricata 8 user guide, "Rule ordering": action (pass, drop, reject, alert), then who sets a flowbit before who
 * reads it, flowints, variables of flows and of packets, hostbits, xbits, then priority, then place.
 */
#include "engine/detect/ruleset.h"

static uint64_t
weight(uint8_t use)
{
	switch (use) {
	case ORDER_SETS: return 3;
	case ORDER_SETS | ORDER_READS: return 2;
	case ORDER_READS: return 1;
	default: return 0;
	}
}

uint64_t
order_rank(const struct order *o)
{
	uint64_t rank = o->action;

	for (unsigned i = 0; i < ORDER_CLASSES; i++)
		rank = rank << 2 | (3 - weight(o->use[i]));
	return rank << 32 | o->priority;
}
