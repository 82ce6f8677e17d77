/*
 * wrap - text for people in lines of a terminal's width: words stay whole, what goes on hangs below what it belongs to.
 *
 * Thread:    the caller's.
 * Memory:    the text, on the heap, between begin and end.
 * Owns:      the stream between them.
 * Not here:  what is said -> explain.h, ../exercise.h
 */
#ifndef PIPELINE_LEGAL_WRAP_H
#define PIPELINE_LEGAL_WRAP_H

#include "pipeline/legal/picture.h"

#define WRAP_COLUMNS 80

struct wrap {
	struct ink ink; /* to write with until wrap_end(); without memory the one given, then nothing is wrapped */
	FILE *to;
	char *text;
	size_t n;
};

void wrap_begin(struct wrap *w, const struct ink *k);
void wrap_end(struct wrap *w);

#endif
