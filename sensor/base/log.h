/*
 * log - messages for the operator: category, level, key=value tail, rate-limited. Never under engine/.
 *
 * Thread:    main and pipeline.
 * Memory:    a line on the stack.
 * Owns:      nothing.
 * Not here:  records for machines -> ../pipeline/output/   drops -> counters.h
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_init(enum log_level level);
/* "2026-11-23T03:04:05Z casus[warning] redis: text" on stderr. Each call site (fmt) is limited to 10 lines
 * in 10 s; what was held back is counted and told with the next line. */
void log_write(enum log_level level, const char *category, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define log_error(cat, ...) log_write(LOG_LEVEL_ERROR, cat, __VA_ARGS__)
#define log_warning(cat, ...) log_write(LOG_LEVEL_WARNING, cat, __VA_ARGS__)
#define log_notice(cat, ...) log_write(LOG_LEVEL_NOTICE, cat, __VA_ARGS__)
#define log_info(cat, ...) log_write(LOG_LEVEL_INFO, cat, __VA_ARGS__)
#define log_debug(cat, ...) log_write(LOG_LEVEL_DEBUG, cat, __VA_ARGS__)
/* A test may catch messages. */
void log_catch(void (*fn)(void *, enum log_level, const char *category, const char *text), void *arg);

#endif
