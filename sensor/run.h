/*
 * run - the sensor at work: captures opened, rights dropped, threads started, the event loop, reload, the end.
 *
 * Thread:    main: it is the pipeline's thread; a reload builds its ruleset in a thread of its own.
 * Memory:    what the parts took at start.
 * Owns:      the loop, workers, pipeline, assess, output, control.
 * Not here:  reading options -> setup.h
 */
#ifndef RUN_H
#define RUN_H

#include "setup.h"

/* Runs until the input ends or a signal. Returns the exit code. `rules`: the first ruleset, its reference is taken. */
int run(struct setup *s, struct ruleset *rules);

#endif
