/*
 * redis_link - one connection to Redis: connect, send commands, hand out replies in order, notice silence, try again.
 *
 * Thread:    the pipeline's; never waits.
 * Memory:    what was sent and not yet answered, bounded by the user (redis_link_unsent).
 * Owns:      the socket, the reply reader, its timers.
 * Not here:  what is sent -> redis_batch.h   what is due next -> sinks/redis.c
 *
 * hiredis is only the codec: redisFormatCommandArgv() and redisReader; libevent owns the socket.
 */
#ifndef PIPELINE_OUTPUT_REDIS_LINK_H
#define PIPELINE_OUTPUT_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "base/span.h"

struct event_base;
struct redis_tls;

struct redis_link_conf {
	struct event_base *loop;
	const char *socket;     /* comes first; else host and port */
	const char *host;
	uint16_t port;
	struct redis_tls *tls;  /* NULL: plain; only with host */
	int64_t connect_timeout; /* ns: until connected, handshake of TLS and name look-up too; 0 = timeout */
	int64_t timeout;        /* ns: for an answer */
	uint64_t seed;          /* of the jitter */
	void *arg;
	void (*up)(void *arg);  /* connected */
	void (*reply)(void *arg, const redisReply *r);
	void (*down)(void *arg, const char *why); /* it will try again by itself */
};

struct redis_link;

struct redis_link *redis_link_new(const struct redis_link_conf *conf); /* NULL: no memory */
void redis_link_free(struct redis_link *l);
void redis_link_start(struct redis_link *l);
/* Ends the connection and tries again after the back-off (why is told to down()). */
void redis_link_fail(struct redis_link *l, const char *why);
/* Ends the connection for good, until redis_link_start(). */
void redis_link_stop(struct redis_link *l);
/* All went well: the next back-off begins small again. */
void redis_link_settled(struct redis_link *l);
/* One command of n arguments, of any bytes. E_NOMEM, E_AGAIN (not connected). */
int redis_link_command(struct redis_link *l, const struct span *args, unsigned n);
/* Bytes of whole commands made elsewhere that bring `replies` answers; takes them out of `commands` (struct evbuffer). */
struct evbuffer;
int redis_link_send(struct redis_link *l, struct evbuffer *commands, unsigned replies);
/* Appends the bytes of one command to an evbuffer. E_NOMEM, E_LIMIT. */
#define REDIS_ARGS_MAX 1100
int redis_format(struct evbuffer *to, const struct span *args, unsigned n);

#endif
