/*
 * workers - the threads: captures opened, workers started, events merged, rulesets published, counters summed.
 *
 * Thread:    main calls everything here; each worker thread runs capture_read -> worker_frame and nothing else.
 * Memory:    what the workers took at start.
 * Owns:      threads, captures, workers and the published ruleset.
 * Not here:  what becomes of an event -> pipeline/
 *
 * Offline, each of N workers reads the whole input and keeps its share by a hash over addresses; events are merged
 * in the order of packets, so the result does not depend on N. Live, the kernel shares by a fanout.
 */
#ifndef ENGINE_WORKERS_H
#define ENGINE_WORKERS_H

#include "engine/capture/capture.h"
#include "engine/worker.h"

struct workers_conf {
	struct worker_conf worker;   /* index is set here */
	struct capture_conf capture;
	const char *input;           /* offline: file, folder, "-" */
	const char *const *ifaces;   /* live */
	unsigned n_ifaces;
	unsigned n;                  /* workers (an interface) */
};

struct workers;

/* Makes workers and opens every capture. On failure NULL, *code an err, the reason in why. */
struct workers *workers_new(const struct workers_conf *conf, struct ruleset *rules, struct diag *d, int *code, char why[static 256]);
int workers_start(struct workers *ws);
/* Takes up to max events that are ready, in order. */
unsigned workers_poll(struct workers *ws, unsigned max, void (*fn)(void *arg, const struct event *e), void *arg);
bool workers_done(const struct workers *ws);   /* every thread has ended and every event was taken */
void workers_stop(struct workers *ws);         /* asks the threads to end; poll goes on until done */
/* Another ruleset for all; each worker takes it between two packets. E_AGAIN: the one before is not settled yet. */
int workers_publish(struct workers *ws, struct ruleset *rules);
/* Every worker runs on the ruleset published last; the one before is given back. */
bool workers_settled(struct workers *ws);
void workers_counters(struct workers *ws, struct counters *sum); /* adds to sum; asks the captures for losses */
/* Sets of values that rules changed, into the folder. Only when every thread has ended; likewise: */
int workers_datasets_save(const struct workers *ws, const char *dir, struct diag *d);
/* Adds what each rule of the set in force has cost, see detect_profile(). */
void workers_profile(const struct workers *ws, struct rule_profile *sum, uint32_t n);
int workers_result(const struct workers *ws);  /* 0, E_BAD damaged input, E_IO */
const char *workers_damage(const struct workers *ws);
bool workers_quiet(const struct workers *ws);  /* live: a tap is silent */
uint64_t workers_memory(const struct workers *ws);
void workers_grow(struct workers *ws); /* every few milliseconds: pages they will soon need, see grow.h */
unsigned workers_count(const struct workers *ws); /* threads, over all interfaces */
uint64_t workers_packets(const struct workers *ws, unsigned i); /* frames that thread i took so far */
uint64_t workers_counter(const struct workers *ws, unsigned i, enum counter c); /* of thread i; threads of one interface lie together */
uint64_t workers_flows(const struct workers *ws);
void workers_free(struct workers *ws);

#endif
