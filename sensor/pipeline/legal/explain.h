/*
 * explain - an assessment in words: every sentence rests on a fact, a statement with its author, or a source.
 *
 * Thread:    the caller's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the same as JSON -> document.h
 */
#ifndef PIPELINE_EXPLAIN_H
#define PIPELINE_EXPLAIN_H

#include "pipeline/legal/picture.h"

/* All parties side by side, then the reasons of one (party not NULL) or of those concerned. */
void explain_text(const struct ink *k, const struct document_in *in, const struct assessment *a, const char *party);

/* A line for each source. */
void explain_cites(const struct ink *k, const struct cite *c, uint32_t n);

#endif
