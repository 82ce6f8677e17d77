/*
 * outputs - the key `outputs`: which records are written, and what alerts carry. Shaped as in a suricata.yaml.
 *
 * Thread:    main's.
 * Memory:    the arena of the configuration.
 * Owns:      nothing.
 * Not here:  writing records -> ../pipeline/output/
 */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include "conf/conf.h"
#include "engine/worker.h"
#include "pipeline/pipeline.h"

/* Without the key: alerts, incidents, escalations and stats; alerts carry metadata, flow and the protocol's fields.
 * `names` takes the protocols to log, at most max - 1, NULL-ended; it is borrowed by both structs. */
void outputs_read(const struct conf *c, struct emit_conf *emit, struct eve_conf *eve, const char **names, size_t max);

/* The output "file-store"; relative folders are in `log_dir`. Its depth is the stream's where it says none or a smaller one. */
int outputs_store(const struct conf *c, const char *log_dir, uint64_t stream_depth, struct emit_conf *emit, struct store_conf *store,
    struct diag *d);

#endif
