/*
 * output - the journal first, then every sink reads the journal.
 *
 * Thread:    the pipeline's (one libevent loop).
 * Memory:    one record buffer, bounded queues; what a sink has not taken stays in the journal.
 * Owns:      journal and sinks.
 * Not here:  what is in a record -> ../pipeline.c, ../assess.h
 */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/counters.h"
#include "base/json.h"
#include "conf/conf.h"

struct event_base;

struct output_conf {
	const char *dir;            /* -l: eve.json and journal/ go there */
	const char *sensor;         /* [a-z0-9-]{1,32} */
	const char *eve_file;       /* "eve.json"; NULL = no file */
	uint64_t eve_max_bytes;     /* rotation cap, 0 = none */
	/* journal */
	const char *journal_dir;    /* NULL = dir/journal */
	uint64_t journal_segment_bytes, journal_max_bytes;
	int64_t journal_max_age;
	int journal_on_full;        /* enum journal_full: drop-newest, stop */
	int journal_sync;           /* enum journal_sync: never, segment, flush */
	int journal_compress;       /* never, live, always */
	uint32_t journal_alarm_at;  /* percent */
	const char *journal_sign_key;
	/* redis; no host and no socket = off */
	const char *redis_socket, *redis_host, *redis_user, *redis_password_file, *redis_password_credential, *redis_prefix;
	bool redis_tls;
	const char *redis_tls_ca, *redis_tls_name, *redis_tls_cert, *redis_tls_key;
	int64_t redis_connect_timeout;
	uint32_t redis_port, redis_maxlen, redis_batch;
	int64_t redis_flush_after, redis_timeout;
	bool redis_release;         /* the sink `release`; it needs: */
	const char *packs, *effects;
	int64_t shutdown_grace;
	bool fresh_journal;         /* offline: begin anew in an empty directory */
};
extern const struct option_table output_options;

struct output;
struct output *output_new(const struct output_conf *conf, struct event_base *loop, const struct clock *clock, struct counters *cnt,
    struct diag *d);
/* seq and epoch that the next record will have: they are part of its JSON. */
uint64_t output_next_seq(const struct output *o);
const char *output_epoch(const struct output *o);

struct output_record {
	const char *type;      /* "alert", "stats", "incident", "escalation", "http" ... */
	const char *eid;       /* dedupe key */
	const char *incident;  /* id or NULL */
	uint32_t revision;
	int64_t ts;            /* packet time */
	struct span json;      /* one object, no newline */
	const uint64_t *hosts; /* ASSESS_INCIDENT: for the incident's keys of hosts */
	uint32_t n_hosts;
	bool all_hosts;        /* so far each host was among some record's */
};
/* Journal, then wakes the sinks. Negative when the journal refused it (counted, alarm); the record is then lost by name. */
int output_write(struct output *o, const struct output_record *r);
/* End of a batch of events: journal to the kernel, sinks write. The loop does it by itself after each turn; whoever runs
 * without the loop (a replay) calls it now and then. */
void output_flush(struct output *o);
/* The journal is full and journal.on-full says stop: the program must end with EXIT_RUNTIME. */
bool output_must_stop(const struct output *o);
/* Facts of the sensor for Redis' state key: pairs name, value, NULL-ended; copied. */
void output_facts(struct output *o, const char *const pairs[]);
void output_reopen(struct output *o);       /* SIGHUP */
/* Everything to the sinks that they will take within shutdown_grace. 0, or E_AGAIN: backlog stays in the journal. */
int output_drain(struct output *o);
void output_free(struct output *o);
/* Text for Prometheus. */
void output_metrics(const struct output *o, const struct counters *sum, struct buf *b);
/* False: why[] says what keeps records from being safe. */
bool output_ready(const struct output *o, char why[static 128]);
/* For control: per sink name, connected, backlog, written, errors. */
void output_status(const struct output *o, struct json *j);

#endif
