/*
 * redis_auth - whether there is a Redis, and by which name and password it is spoken to.
 *
 * Thread:    the pipeline's.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  the connection -> redis_link.h
 */
#ifndef PIPELINE_OUTPUT_REDIS_AUTH_H
#define PIPELINE_OUTPUT_REDIS_AUTH_H

#include "base/err.h"
#include "base/span.h"
#include "pipeline/output/output.h"

#define REDIS_PASSWORD_MAX 4096
#define REDIS_AUTH_ARGS 3

bool redis_wanted(const struct output_conf *c);
/* The first line of redis.password-file or of the systemd credential; "" without one. Others must not be able to read it: E_PERM and an error in d. */
int redis_password(char out[static REDIS_PASSWORD_MAX], const struct output_conf *c, struct diag *d);
/* The arguments of AUTH; how many there are. */
unsigned redis_auth(struct span args[static REDIS_AUTH_ARGS], const struct output_conf *c, const char *password);

#endif
