/*
 * log - lines on stderr. Call sites are known by their format string; a small table counts lines per site.
 */
#include "base/log.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"

#define SITES 128       /* sites that collide share one allowance */
#define LINES 10
#define WINDOW (10 * NS_PER_S)

struct site {
	const char *fmt;
	int64_t begin;
	unsigned lines, held;
};

static struct {
	pthread_mutex_t lock;
	enum log_level level;
	void (*catch)(void *, enum log_level, const char *, const char *);
	void *arg;
	struct site site[SITES];
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_NOTICE };

void
log_init(enum log_level level)
{
	state.level = level;
}

void
log_catch(void (*fn)(void *, enum log_level, const char *category, const char *text), void *arg)
{
	pthread_mutex_lock(&state.lock);
	state.catch = fn;
	state.arg = arg;
	pthread_mutex_unlock(&state.lock);
}

/* -1: hold the line back; otherwise how many were held back before it. */
static int
allow(const char *fmt, int64_t now)
{
	struct site *s = &state.site[((uintptr_t) fmt >> 3) % SITES];
	int held;

	if (s->fmt != fmt || now - s->begin >= WINDOW || now < s->begin) {
		held = s->fmt == fmt ? (int) s->held : 0;
		*s = (struct site) { fmt, now, 1, 0 };
		return held;
	}
	if (s->lines >= LINES) {
		s->held++;
		return -1;
	}
	s->lines++;
	return 0;
}

static void
emit(enum log_level level, const char *category, const char *text, int held)
{
	static const char *const name[] = { "error", "warning", "notice", "info", "debug" };
	char when[CLOCK_EVE_LEN];

	if (state.catch) {
		state.catch(state.arg, level, category, text);
		return;
	}
	clock_print_iso(clock_wall(), when);
	if (held > 0)
		fprintf(stderr, "%s casus[%s] %s: %s held_back=%d\n", when, name[level], category, text, held);
	else
		fprintf(stderr, "%s casus[%s] %s: %s\n", when, name[level], category, text);
}

void
log_write(enum log_level level, const char *category, const char *fmt, ...)
{
	char text[2048];
	va_list ap;
	int held;

	if (level > state.level)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&state.lock);
	held = allow(fmt, clock_monotonic());
	if (held >= 0)
		emit(level, category, text, held);
	pthread_mutex_unlock(&state.lock);
}
