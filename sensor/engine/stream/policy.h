/*
 * policy - host-os-policy: which system puts the segments together that are sent to an address.
 *
 * Thread:    read by main at load time; then constant, read by all workers.
 * Memory:    an arena of its own.
 * Owns:      the table.
 * Not here:  what the systems do -> window.c, track.c
 */
#ifndef ENGINE_STREAM_POLICY_H
#define ENGINE_STREAM_POLICY_H

#include "engine/stream/stream.h"

struct stream_policies;

extern const struct option_tree stream_policy_tree[]; /* for conf_check_unknown(): "host-os-policy" */

/* Reads host-os-policy: per system a list of networks ("windows: [0.0.0.0/0, 10.1.0.0/16]"). Problems go to d.
 * NULL only when there is no memory. */
struct stream_policies *stream_policies_new(const struct conf *c, struct diag *d);
void stream_policies_free(struct stream_policies *t);
/* The system of the narrowest network that has the address, STREAM_BSD where none has. arg: the table.
 * Fits struct stream_conf's policy_of. */
enum stream_policy stream_policy_of(void *arg, const struct addr *dst);

#endif
