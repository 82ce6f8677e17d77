/*
 * clock - the machine's clocks, and times as text. Civil dates from days by Howard Hinnant's method.
 */
#include "base/clock.h"

#include <string.h>
#include <time.h>

static int64_t
machine(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t) t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t
clock_wall(void)
{
	return machine(CLOCK_REALTIME);
}

int64_t
clock_monotonic(void)
{
	return machine(CLOCK_MONOTONIC);
}

int64_t
clock_now(const struct clock *c)
{
	return c->live ? clock_wall() : c->now;
}

void
clock_tell(struct clock *c, int64_t packet_time)
{
	if (packet_time > c->now)
		c->now = packet_time;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar; years begin in March, so leap days come last. */
static int64_t
days_of(int64_t y, unsigned m, unsigned d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year = y - era * 400;
	int64_t day = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

	return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

static void
date_of(int64_t days, int *y, unsigned *m, unsigned *d)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned doe = (unsigned) (days - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int) (yoe + era * 400) + (*m <= 2);
}

static char *
digits(char *p, unsigned v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		p[i] = (char) ('0' + v % 10);
	return p + n;
}

/* "2026-11-23T03:04:05" */
static char *
print_seconds(int64_t s, char *p)
{
	int64_t days = (s >= 0 ? s : s - 86399) / 86400;
	unsigned rest = (unsigned) (s - days * 86400), m, d;
	int y;

	date_of(days, &y, &m, &d);
	p = digits(p, (unsigned) y, 4);
	*p++ = '-';
	p = digits(p, m, 2);
	*p++ = '-';
	p = digits(p, d, 2);
	*p++ = 'T';
	p = digits(p, rest / 3600, 2);
	*p++ = ':';
	p = digits(p, rest / 60 % 60, 2);
	*p++ = ':';
	return digits(p, rest % 60, 2);
}

static int64_t
floor_seconds(int64_t ns)
{
	return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

int
clock_print_eve(int64_t ns, char out[static CLOCK_EVE_LEN])
{
	int64_t s = floor_seconds(ns);
	char *p = print_seconds(s, out);

	*p++ = '.';
	p = digits(p, (unsigned) ((ns - s * NS_PER_S) / NS_PER_US), 6);
	memcpy(p, "+0000", 6);
	return (int) (p + 5 - out);
}

int
clock_print_iso(int64_t ns, char out[static CLOCK_EVE_LEN])
{
	char *p = print_seconds(floor_seconds(ns), out);

	memcpy(p, "Z", 2);
	return (int) (p + 1 - out);
}

/* Exactly n digits; -1 when there are not. */
static int
read_digits(const char **s, int n)
{
	int v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v;
}

static int
read_char(const char **s, char a, char b)
{
	if (**s != a && **s != b)
		return -1;
	(*s)++;
	return 0;
}

static int
read_date(const char **s, int64_t *days)
{
	static const uint8_t longest[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int y = read_digits(s, 4), m, d;
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	if (y < 1678 || y > 2261 || read_char(s, '-', '-') < 0)
		return -1;
	m = read_digits(s, 2);
	if (m < 1 || m > 12 || read_char(s, '-', '-') < 0)
		return -1;
	d = read_digits(s, 2);
	if (d < 1 || d > longest[m - 1] || (m == 2 && d == 29 && !leap))
		return -1;
	*days = days_of(y, (unsigned) m, (unsigned) d);
	return 0;
}

/* "03:04:05" and perhaps ".123456789"; a leap second (60) counts as the next second. */
static int
read_time(const char **s, int64_t *ns)
{
	int h = read_digits(s, 2), m, sec;
	int64_t unit = NS_PER_S / 10;

	if (h < 0 || h > 23 || read_char(s, ':', ':') < 0)
		return -1;
	m = read_digits(s, 2);
	if (m < 0 || m > 59 || read_char(s, ':', ':') < 0)
		return -1;
	sec = read_digits(s, 2);
	if (sec < 0 || sec > 60)
		return -1;
	*ns = ((int64_t) h * 3600 + m * 60 + sec) * NS_PER_S;
	if (read_char(s, '.', ',') < 0)
		return 0;
	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		*ns += (**s - '0') * unit;
	return 0;
}

/* "Z", "+09:00" or "+0900" */
static int
read_zone(const char **s, int64_t *ns)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	*ns = 0;
	if (read_char(s, 'Z', 'z') == 0)
		return 0;
	if (read_char(s, '+', '-') < 0)
		return -1;
	h = read_digits(s, 2);
	if (h < 0 || h > 23)
		return -1;
	if (**s == ':')
		(*s)++;
	m = read_digits(s, 2);
	if (m < 0 || m > 59)
		return -1;
	*ns = sign * (int64_t) (h * 60 + m) * 60 * NS_PER_S;
	return 0;
}

int
clock_parse(int64_t *ns, const char *text)
{
	int64_t days, time = 0, zone = 0;

	if (read_date(&text, &days) < 0)
		return -1;
	if (*text) {
		if (*text != 'T' && *text != 't' && *text != ' ')
			return -1;
		text++;
		if (read_time(&text, &time) < 0 || read_zone(&text, &zone) < 0 || *text)
			return -1;
	}
	*ns = days * 86400 * NS_PER_S + time - zone;
	return 0;
}
