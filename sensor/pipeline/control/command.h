/*
 * command - one thing that can be asked over the control socket: one file in commands/ each.
 *
 * Thread:    the pipeline's.
 * Memory:    none: the answer goes into the caller's room.
 * Owns:      nothing.
 * Not here:  the socket -> control.h   reading the line -> request.h
 */
#ifndef PIPELINE_CONTROL_COMMAND_H
#define PIPELINE_CONTROL_COMMAND_H

#include "base/err.h"
#include "pipeline/control/control.h"
#include "pipeline/control/request.h"

struct command_env {
	struct assess *assess;
	struct output *output;
	struct control_calls calls;
	bool trusted;     /* the peer is root or the sensor's own user */
};

struct command {
	const char *name, *help;
	bool id;          /* takes "id" and needs it */
	bool party;       /* takes "party" */
	bool text;        /* takes "text" and needs it */
	/* Members of "result". Negative: why[] or the error's text is the answer. */
	int (*run)(const struct command_env *env, const struct request *q, struct json *j, char why[static 256]);
};

/* Generated from commands/files.am. */
extern const struct command *const command_table[];
extern const unsigned command_table_n;

/* Parses and runs one line and writes the whole answer. */
struct span command_answer(const struct command_env *env, struct span line, char *room, uint32_t cap);

#endif
