/*
 * beside - what stands beside the bands in a record: severity by national scales, the factors of force, options and what must be
 * shown for them, support that was promised, reporting clocks.
 *
 * Thread:    the pipeline's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the bands -> document.h   the data -> gauge.h, advice.h
 */
#ifndef PIPELINE_BESIDE_H
#define PIPELINE_BESIDE_H

#include "pipeline/legal/advice.h"
#include "pipeline/legal/document.h"
#include "pipeline/legal/gauge.h"

void beside_cites(struct json *j, const struct cite *c, uint32_t n);
void beside_severity(const struct document_in *in, const struct assessment *a, struct json *j);
void beside_factors(const struct document_in *in, const struct assessment *a, struct json *j);
void beside_clocks(const struct document_in *in, const struct assessment *a, struct json *j);
/* Options in the party's reach: ids alone, or with preconditions, answers and sources. */
void beside_options(const struct document_in *in, const struct assessment *a, const struct party_band *b, bool whole, struct json *j);
void beside_support(const struct document_in *in, const struct assessment *a, struct json *j);
/* Whether an ally's word is meant for somebody who was touched, at a step that is in reach of the victim's interval. */
bool support_fits(const struct packs *p, const struct support *s, const struct assessment *a);

#endif
