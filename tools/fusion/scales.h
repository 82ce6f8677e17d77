/*
 * scales - the scale of an incident out of several sensors' measures, feature by feature (feature_join of pipeline/scale/scale.h).
 */
#ifndef FUSION_SCALES_H
#define FUSION_SCALES_H

#include "fuse.h"

/* No two of the members saw the same hosts: what they counted may be added up. */
bool scales_disjoint(const struct fuse_in *in);
/* Sets m's `scale` and `hosts`; m has the joined lists already. */
void scales_join(const struct fuse_in *in, json_t *m, bool sum);
/* Outages and sectors of m into the document's scale. */
void scales_rows(const json_t *m, json_t *doc);

#endif
