/*
 * err - named error codes, the process exit codes, and problems found in files.
 *
 * Thread:    its owner's; the table of texts is constant.
 * Memory:    a diag keeps its problems on the heap, up to a limit; all are counted.
 * Owns:      a diag its texts, until diag_clear().
 * Not here:  messages for the operator -> log.h   packets that are wrong -> counters.h
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Functions that can fail return 0 or one of these. */
enum err {
	E_OK = 0,
	E_NOMEM = -1,
	E_TRUNC = -2,   /* bytes end too early */
	E_BAD = -3,     /* not what was expected */
	E_LIMIT = -4,   /* a bound was reached */
	E_IO = -5,
	E_NOENT = -6,
	E_PERM = -7,
	E_EXIST = -8,
	E_UNSUPPORTED = -9,
	E_NODEV = -10,  /* no such interface */
	E_AGAIN = -11,
	E_ARG = -12     /* a wrong argument of the operator */
};
const char *err_text(int code);

/* Exit codes of the programs (sysexits.h where one fits). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 64,
	EXIT_DATA = 65,   /* damaged capture */
	EXIT_NOINPUT = 66,
	EXIT_UNAVAILABLE = 69, /* no such interface */
	EXIT_NOPERM = 77,
	EXIT_CONFIG = 78  /* configuration, rule, pack or inventory error */
};

enum severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_item {
	enum severity severity;
	char *file; /* heap */
	uint32_t line, column; /* from 1; 0 = not known */
	char *text; /* heap: what, and what was expected */
};

/* Problems with files, collected; the caller prints them all. Keeps at most `cap`, counts all. */
struct diag {
	struct diag_item *items;
	uint32_t n, cap;
	uint32_t errors, warnings;
};
void diag_init(struct diag *d, uint32_t cap); /* 0 = 10000 */
void diag_clear(struct diag *d);
void diag_error(struct diag *d, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void diag_warning(struct diag *d, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void diag_note(struct diag *d, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void diag_add(struct diag *d, enum severity s, const char *file, uint32_t line, uint32_t column, const char *fmt,
    va_list ap) __attribute__((format(printf, 6, 0)));
/* "file:line:column: error: text", one a line, in the order found. */
void diag_print(const struct diag *d, FILE *out);

#endif
