/*
 * redis_tls - what a TLS connection to Redis trusts and shows. The checks are the library's: chain to the CA, name.
 *
 * Thread:    the pipeline's.
 * Memory:    the library's.
 * Owns:      the context; a connection's own part goes with its bufferevent.
 * Not here:  connecting, trying again -> redis_link.h
 */
#ifndef PIPELINE_OUTPUT_REDIS_TLS_H
#define PIPELINE_OUTPUT_REDIS_TLS_H

#include "base/err.h"
#include "pipeline/output/output.h"

struct bufferevent;
struct redis_tls;

/* Reads CA, certificate and key. NULL with an error in d. */
struct redis_tls *redis_tls_new(const struct output_conf *c, struct diag *d);
void redis_tls_free(struct redis_tls *t);
/* What one connection to a host shows and checks; the caller's. The certificate must be for tls-name where that is set, else for the
 * host (NULL: redis.host). NULL: no memory. */
struct ssl_st *redis_tls_session(const struct redis_tls *t, const char *host);
/* A connection that is not made yet. NULL: no memory. */
struct bufferevent *redis_tls_connection(const struct redis_tls *t, struct event_base *loop);
/* Why the connection failed, if TLS knows; false: it does not. */
bool redis_tls_session_why(const struct ssl_st *ssl, unsigned long error, char why[static 256]);
bool redis_tls_why(struct bufferevent *bev, char why[static 256]);

#endif
