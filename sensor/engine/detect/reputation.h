/*
 * reputation - scores of addresses and networks by category, out of the user's own files.
 *
 * Thread:    made by the loader; afterwards read-only for all.
 * Memory:    the heap; lives as long as its ruleset.
 * Owns:      the scores.
 * Not here:  the keyword -> keywords/iprep.c
 */
#ifndef ENGINE_DETECT_REPUTATION_H
#define ENGINE_DETECT_REPUTATION_H

#include "base/addr.h"
#include "base/err.h"
#include "conf/conf.h"
#include "engine/detect/detect.h"

struct reputation;
/* The files that the configuration names. What is wrong in them is told with its place and passed over. NULL: no memory. */
struct reputation *reputation_read(const struct detect_conf *c, const struct conf *tree, struct diag *d);
void reputation_free(struct reputation *r);
int reputation_category(const struct reputation *r, const char *name); /* -1: there is none */
/* The score of the address itself, else of the smallest network it is in; -1: no data. */
int reputation_score(const struct reputation *r, int category, const struct addr *a);

#endif
