/*
 * app_blanks - what a parser says that it will not look at is not there, as where the stream has not kept it.
 */
#ifndef TESTS_FUZZ_APP_BLANKS_H
#define TESTS_FUZZ_APP_BLANKS_H

#include "engine/app/app.h"

/* s, the next bytes of the direction; pieces of more than 1 MiB stay as they are. */
static inline struct span
app_blanked(const struct app *a, int dir, struct span s)
{
	static uint8_t bytes[1 << 20];
	uint64_t passes = app_passes_over(a, dir);

	if (!passes || s.n == 0 || s.n > sizeof(bytes))
		return s;
	memcpy(bytes, s.p, s.n);
	memset(bytes, 0, passes < s.n ? passes : s.n);
	return span_of(bytes, s.n);
}

#endif
