/*
 * request - a line of the control socket, read strictly.
 *
 * Thread:    the pipeline's.
 * Memory:    values copied into the struct, a text on the heap.
 * Owns:      nothing.
 * Not here:  what is done with it -> command.h
 */
#ifndef PIPELINE_CONTROL_REQUEST_H
#define PIPELINE_CONTROL_REQUEST_H

#include "base/span.h"

#define REQUEST_TEXT 128
struct request {
	char command[REQUEST_TEXT], id[REQUEST_TEXT], party[REQUEST_TEXT]; /* "" = not given */
	char *text; /* on the heap; NULL = not given */
};

/* 0, or E_BAD with what was wrong in why[]. */
int request_read(struct request *q, struct span line, char why[static 256]);
void request_clear(struct request *q);

#endif
