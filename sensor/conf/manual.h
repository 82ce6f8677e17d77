/*
 * manual - text of tables in man(7) markup.
 *
 * Thread:    main's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  the tables -> each module's options   whole pages -> ../manual.h
 */
#ifndef CONF_MANUAL_H
#define CONF_MANUAL_H

#include <stdio.h>

/* One line of text, escaped for man(7). */
void conf_manual_text(FILE *out, const char *s);

#endif
