/*
 * order - in which order rules of one packet are looked at and told.
 *
 * Suricata 8 user guide, "Rule ordering": action (pass, drop, reject, alert), then who sets a flowbit before who
 * reads it, flowints, variables of flows and of packets, hostbits, xbits, then priority, then place.
 */
#include "engine/detect/ruleset.h"

static int
weight(uint8_t use)
{
	switch (use) {
	case ORDER_SETS: return 3;
	case ORDER_SETS | ORDER_READS: return 2;
	case ORDER_READS: return 1;
	default: return 0;
	}
}

int
order_compare(const struct order_key *a, const struct order_key *b)
{
	if (a->action != b->action)
		return a->action < b->action ? -1 : 1;
	bool same = memcmp(a->use, b->use, sizeof(a->use)) == 0; /* as nearly all are */
	for (unsigned i = 0; i < ORDER_CLASSES && !same; i++) {
		int x = weight(a->use[i]), y = weight(b->use[i]);
		if (x != y)
			return x > y ? -1 : 1;
	}
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	return a->place < b->place ? -1 : a->place > b->place;
}
