/*
 * differ - what two parties, or two versions of the packs, do not have in common, in words.
 *
 * Thread:    the caller's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  differences of one incident's bands -> bands.h
 */
#ifndef PIPELINE_DIFFER_H
#define PIPELINE_DIFFER_H

#include <stdio.h>

#include "pipeline/legal/pack.h"

/* Two parties of one set of packs: positions, readings of conditions, accumulation. Returns the number of differences. */
uint32_t differ_parties(FILE *out, const struct packs *p, const struct party *a, const struct party *b);
/* Two versions of a set: ladder, instruments, then each party. */
uint32_t differ_versions(FILE *out, const struct packs *a, const struct packs *b);

#endif
