/*
 * cluster - commands to one Redis or to a Redis Cluster, over hiredis, plain or by TLS: the slot of the key finds the node, MOVED and ASK are followed.
 *
 * Thread:    one; a command waits for its answer, or until the time to try again is over.
 * Memory:    a connection and a map of 16384 slots a node list.
 * Owns:      the connections.
 * Not here:  what is asked -> worker.c
 *
 * Redis Cluster specification: keys hash tags, CRC16 (XMODEM), "MOVED Redirection", "ASK redirection". Every command sent here may be
 * sent twice (a connection that breaks before the answer): callers send only what may be.
 */
#ifndef FUSION_CLUSTER_H
#define FUSION_CLUSTER_H

#include <hiredis/hiredis.h>

#include "base/span.h"

#define CLUSTER_ARGS 512

struct redis_tls;
struct cluster_conf {
	const char *socket;       /* comes first; else nodes */
	const char *nodes;        /* "host:port,host:port" : the first to answer tells the others */
	const char *user, *password;
	const struct redis_tls *tls; /* NULL: plain; only with nodes */
	int64_t timeout;          /* ns: to connect, and for an answer */
	int64_t patience;         /* ns: how long a command is tried again while nodes are away */
	const volatile bool *stop; /* ends every waiting */
};

struct cluster;
struct cluster *cluster_new(const struct cluster_conf *conf);
void cluster_free(struct cluster *c);
/* The answer, owned by the caller; NULL: no node gave one in time, why is in cluster_why(). An error that is no redirection or
 * passing trouble is an answer. */
redisReply *cluster_command(struct cluster *c, struct span key, const struct span *args, unsigned n);
/* The same over a connection that stands, once: NULL when it breaks, so that nothing is sent to a server that came back as another. */
redisReply *cluster_command_once(struct cluster *c, struct span key, const struct span *args, unsigned n);
/* Until it is off: once a connection is lost, each command fails. A server that comes back may be older than what was done so far, and
 * must not get the rest of it. */
void cluster_hold(struct cluster *c, bool on);
const char *cluster_why(const struct cluster *c);
/* Redirections followed and connections lost so far. */
void cluster_counts(const struct cluster *c, uint64_t *redirected, uint64_t *lost);
/* The slot of a key: of what stands between the first { and the next }, if there is anything. */
unsigned cluster_slot(struct span key);
/* "MOVED 3999 127.0.0.1:6381" or "ASK ...": true, with slot, host and port. */
bool cluster_redirection(const char *text, bool *ask, unsigned *slot, char host[static 64], uint16_t *port);

#endif
