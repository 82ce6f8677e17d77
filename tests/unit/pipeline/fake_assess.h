/* What the fake assess was told and shall say. */
#ifndef FAKE_ASSESS_H
#define FAKE_ASSESS_H

#include "pipeline/assess.h"

struct fake_assess {
	unsigned events, suppressed, ticks;
	bool finished;
	unsigned due;      /* records to be handed out: odd numbers left are incidents */
	uint32_t revision;
	int64_t ts;
};
extern struct fake_assess fake;

#endif
