/*
 * value - texts of single values: truth, sizes, durations, numbers.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "conf/conf.h"

struct unit {
	const char *name;
	double times;
};

/* Digits with perhaps a fraction and then, after spaces, one of the units. */
static int
with_unit(double *v, const char *text, const struct unit *units)
{
	char *end;
	double n;

	if (*text < '0' || *text > '9' || text[strspn(text, "0123456789.")] == 'x')
		return -1;
	n = strtod(text, &end);
	if (end - text != (long) strspn(text, "0123456789."))
		return -1; /* no exponents */
	while (*end == ' ')
		end++;
	for (; units->name; units++) {
		if (strcasecmp(end, units->name) == 0) {
			*v = n * units->times;
			return 0;
		}
	}
	return -1;
}

int
conf_parse_size(uint64_t *bytes, const char *text)
{
	static const double k = 1024;
	static const struct unit units[] = { { "", 1 }, { "b", 1 }, { "k", k }, { "kb", k }, { "kib", k }, { "m", k * k },
		{ "mb", k * k }, { "mib", k * k }, { "g", k * k * k }, { "gb", k * k * k }, { "gib", k * k * k },
		{ "t", k * k * k * k }, { "tb", k * k * k * k }, { "tib", k * k * k * k }, { NULL, 0 } };
	double v;

	if (with_unit(&v, text, units) < 0 || v >= 18446744073709551616.0)
		return -1;
	*bytes = (uint64_t) v;
	return 0;
}

int
conf_parse_duration(int64_t *ns, const char *text)
{
	static const struct unit units[] = { { "", 1e9 }, { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
		{ "sec", 1e9 }, { "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 }, { "w", 604800e9 },
		{ NULL, 0 } };
	double v;

	if (with_unit(&v, text, units) < 0 || v >= 9223372036854775808.0)
		return -1;
	*ns = (int64_t) v;
	return 0;
}

int
conf_parse_bool(bool *v, const char *text)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (unsigned i = 0; i < 4; i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*v = strcasecmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return -1;
}
