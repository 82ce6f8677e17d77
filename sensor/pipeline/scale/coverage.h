/*
 * coverage - how much of what happened the sensor can have seen.
 *
 * Thread:    the pipeline's.
 * Memory:    plain data, summed over the workers at each tick.
 * Owns:      nothing.
 * Not here:  how it widens a number -> scale.h
 */
#ifndef PIPELINE_COVERAGE_H
#define PIPELINE_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

struct assess_coverage {
	uint64_t packets, dropped; /* by the capture since the start */
	uint64_t stream_bytes, stream_lost;
	double sampling;           /* 1 = every packet */
	double one_sided;          /* share of conversations of which only one side is seen */
	bool quiet;                /* the tap is silent */
};

#endif
