/*
 * manual - the tables of the program as rows of its manual pages, in man(7) markup.
 *
 * Thread:    main's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the text around the rows -> contrib/doc/
 */
#ifndef MANUAL_H
#define MANUAL_H

#include <stdio.h>

/* part: "options", "conf", "counters", "keywords", "fields" or "features". 0, or EXIT_USAGE after a message. */
int manual_write(const char *part, FILE *out);

#endif
