/*
 * picture - the ladder for people: parties side by side, those concerned first, the others folded by what they have in common.
 *
 * Thread:    the pipeline's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the rest of the summary -> ../summary.c   exercises -> ../exercise.h
 */
#ifndef PIPELINE_PICTURE_H
#define PIPELINE_PICTURE_H

#include <stdio.h>

#include "pipeline/legal/document.h"

struct ink {
	FILE *out;
	const char *bold, *dim, *mark, *off;
};
struct ink ink_of(FILE *out, bool colour);

void picture_heading(const struct ink *k, const char *text);
/* Owners and territories of what was touched first, then by the order of their packs. */
void picture_order(struct bands *b, const struct incident *i);
/* A line for each party concerned, then one for each interval that others have in common. */
void picture_bands(const struct ink *k, const struct packs *p, const struct assessment *n);

#endif
