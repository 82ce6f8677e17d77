/*
 * explain - casus explain --sid N -r FILE: one rule, one capture, and why it alerted or did not.
 *
 * Thread:    main's.
 * Memory:    a folder for the records of the run, taken away at the end unless -l names one.
 * Owns:      the question.
 * Not here:  what happens inside detection -> engine/detect/explain.h
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "cli.h"

/* Reads the set-up, rules and capture, prints the answer on stdout. Returns an exit code: EXIT_OK when there is an answer. */
int explain(struct cli *c);

#endif
