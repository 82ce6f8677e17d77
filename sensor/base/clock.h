/*
 * clock - the only place that asks the machine for the time. Everything else is told.
 *
 * Thread:    any; the clock of a file being read belongs to the pipeline.
 * Memory:    a value.
 * Owns:      nothing.
 * Not here:  how an instant is written -> json.h, ../event/eve.h
 *
 * Times are int64_t nanoseconds since 1970-01-01T00:00:00Z. Offline the clock follows the packets.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

struct clock {
	bool live;   /* ask the machine */
	int64_t now; /* last time told (offline) */
};

int64_t clock_now(const struct clock *c);             /* offline: the last packet's time */
void clock_tell(struct clock *c, int64_t packet_time); /* never goes back; no effect when live */
int64_t clock_wall(void);                              /* machine time, for live mode and file names only */
int64_t clock_monotonic(void);                         /* for durations: benchmarks, back-off */

#define CLOCK_EVE_LEN 32
/* "2026-11-23T03:04:05.123456+0000", UTC; returns the length (31). */
int clock_print_eve(int64_t ns, char out[static CLOCK_EVE_LEN]);
/* "2026-11-23T03:04:05Z" for people. Returns the length. */
int clock_print_iso(int64_t ns, char out[static CLOCK_EVE_LEN]);
/* RFC 3339 with or without fraction, Z or +hh:mm / +hhmm; also a date alone. -1 when the text is not one. */
int clock_parse(int64_t *ns, const char *text);

#endif
