/*
 * control - the socket that casusctl talks to: one JSON line asks, one JSON line answers.
 *
 * Thread:    the pipeline's.
 * Memory:    one answer at a time; clients, lines and answers are bounded.
 * Owns:      the socket and its file.
 * Not here:  what a command does -> commands/   the engine: only through control_calls, filled by main
 *
 * Request:  {"command":"explain","id":"...","party":"..."}   Answer: {"ok":true,"result":{...}} or {"ok":false,"error":"..."}
 */
#ifndef PIPELINE_CONTROL_H
#define PIPELINE_CONTROL_H

#include "base/counters.h"
#include "base/json.h"

struct event_base;
struct assess;
struct output;

/* What main lets it ask of the engine. */
struct control_calls {
	void *arg;
	/* Begins a reload (it goes on in the background); why[] says what happens. Negative: it cannot. */
	int (*reload)(void *arg, char why[static 256]);
	void (*counters)(void *arg, struct counters *sum); /* all workers and the pipeline */
	void (*status)(void *arg, struct json *j);         /* members for "status" */
};

struct control;
/* Binds `path` (mode 0660; a socket nobody listens on any more is replaced). NULL: why[] tells. */
struct control *control_new(const char *path, struct event_base *loop, struct assess *assess, struct output *output,
    const struct control_calls *calls, char why[static 256]);
void control_free(struct control *c);

#endif
