/*
 * manual - text of tables in man(7) markup.
 */
#ifndef CONF_MANUAL_H
#define CONF_MANUAL_H

#include <stdio.h>

/* One line of text, escaped for man(7). */
void conf_manual_text(FILE *out, const char *s);

#endif
