/*
 * bands_private - what bands.c and changes.c share: one party's band, out of answers that are found as they are needed.
 *
 * Thread:    the pipeline's.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  what others may see -> bands.h
 */
#ifndef PIPELINE_BANDS_PRIVATE_H
#define PIPELINE_BANDS_PRIVATE_H

#include "pipeline/legal/bands.h"
#include "pipeline/legal/questions.h"

/* The highest band unknowns may lead to. `answers`: to the facts, by place. */
uint8_t bands_ceiling(const struct packs *p, const struct facts *f, uint8_t *answers);
void bands_of_party(const struct packs *p, const struct bands_in *in, const struct party *party, uint8_t ceiling, uint8_t *answers, struct party_band *b);

#endif
