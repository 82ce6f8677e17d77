/*
 * manual - the tables of the program as rows of its manual pages, in man(7) markup.
 */
#ifndef MANUAL_H
#define MANUAL_H

#include <stdio.h>

/* part: "options", "conf", "counters", "keywords", "fields" or "features". 0, or EXIT_USAGE after a message. */
int manual_write(const char *part, FILE *out);

#endif
