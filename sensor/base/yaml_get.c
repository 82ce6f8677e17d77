/*
 * yaml_get - finding and reading values of a tree.
 */
#include "base/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

const struct yaml *
yaml_get(const struct yaml *map, const char *key)
{
	if (map && map->kind == YAML_MAP)
		yaml_each(c, map)
			if (strcmp(c->key, key) == 0)
				return c;
	return NULL;
}

/* The member or element that the first n characters of `part` name. */
static const struct yaml *
step(const struct yaml *y, const char *part, size_t n)
{
	uint64_t at = 0;

	if (y->kind == YAML_MAP) {
		yaml_each(c, y)
			if (strncmp(c->key, part, n) == 0 && c->key[n] == 0)
				return c;
		return NULL;
	}
	if (y->kind != YAML_LIST || n == 0 || n > 9)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (part[i] < '0' || part[i] > '9')
			return NULL;
		at = at * 10 + (uint64_t) (part[i] - '0');
	}
	yaml_each(c, y)
		if (at-- == 0)
			return c;
	return NULL;
}

const struct yaml *
yaml_path(const struct yaml *root, const char *dotted)
{
	while (root && *dotted) {
		size_t n = strcspn(dotted, ".");
		root = step(root, dotted, n);
		dotted += n + (dotted[n] == '.');
	}
	return root;
}

void
yaml_error(const struct yaml *y, struct diag *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, DIAG_ERROR, y->file, y->line, y->column, fmt, ap);
	va_end(ap);
}

static int
wrong(const struct yaml *y, struct diag *d, const char *expected)
{
	static const char *const kind[] = { "nothing", "a value", "a map", "a list" };
	const char *of = y->key ? y->key : "element";

	if (y->kind == YAML_SCALAR)
		yaml_error(y, d, "%s is %s\"%s\", expected %s", of, y->quoted ? "the text " : "", y->text, expected);
	else
		yaml_error(y, d, "%s is %s, expected %s", of, kind[y->kind], expected);
	return -1;
}

int
yaml_bool(const struct yaml *y, bool *v, struct diag *d)
{
	static const char *const yes[] = { "true", "yes", "on", "True", "Yes", "On", "TRUE", "YES", "ON" };
	static const char *const no[] = { "false", "no", "off", "False", "No", "Off", "FALSE", "NO", "OFF" };

	if (!y)
		return -1;
	for (unsigned i = 0; y->kind == YAML_SCALAR && !y->quoted && i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(y->text, yes[i]) == 0 || strcmp(y->text, no[i]) == 0) {
			*v = strcmp(y->text, yes[i]) == 0;
			return 0;
		}
	}
	return wrong(y, d, "yes or no");
}

int
yaml_u64(const struct yaml *y, uint64_t *v, uint64_t max, struct diag *d)
{
	char expected[64], *end = NULL;
	unsigned long long n = 0;
	bool hex;

	if (!y)
		return -1;
	if (y->kind == YAML_SCALAR && !y->quoted && y->text[0] >= '0' && y->text[0] <= '9') {
		hex = y->text[0] == '0' && (y->text[1] == 'x' || y->text[1] == 'X');
		errno = 0;
		n = strtoull(y->text, &end, hex ? 16 : 10);
		if (errno == 0 && *end == 0 && n <= max) {
			*v = n;
			return 0;
		}
	}
	snprintf(expected, sizeof(expected), "a whole number from 0 to %llu", (unsigned long long) max);
	return wrong(y, d, expected);
}

int
yaml_f64(const struct yaml *y, double *v, struct diag *d)
{
	char *end = NULL;
	double n;

	if (!y)
		return -1;
	/* strtod also takes "nan", "inf" and hexadecimal: letters other than the exponent's are refused first */
	if (y->kind == YAML_SCALAR && !y->quoted && y->text[0] && strspn(y->text, "+-.0123456789eE") == strlen(y->text)) {
		n = strtod(y->text, &end);
		if (*end == 0 && isfinite(n)) {
			*v = n;
			return 0;
		}
	}
	return wrong(y, d, "a number");
}

int
yaml_time(const struct yaml *y, int64_t *ns, struct diag *d)
{
	if (!y)
		return -1;
	if (y->kind == YAML_SCALAR && clock_parse(ns, y->text) == 0)
		return 0;
	return wrong(y, d, "a time such as 2026-11-23T03:04:05Z or a date");
}

const char *
yaml_text(const struct yaml *y, struct diag *d)
{
	if (!y)
		return NULL;
	if (y->kind == YAML_SCALAR)
		return y->text;
	wrong(y, d, "a text");
	return NULL;
}

/* Edits (insert, delete, replace) from a to b; words longer than the row are never near. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t na = strlen(a), nb = strlen(b);

	if (na >= 64 || nb >= 64)
		return 64;
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

const char *
yaml_nearest(const char *word, const char *const words[])
{
	const char *best = NULL;
	unsigned near = (unsigned) strlen(word) / 3 + 2; /* farther is no help */

	for (; *words; words++) {
		unsigned k = distance(word, *words);
		if (k < near) {
			near = k;
			best = *words;
		}
	}
	return best;
}

static bool
is_known(const char *word, const char *const words[])
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

int
yaml_is_map(const struct yaml *y, struct diag *d)
{
	if (!y || y->kind == YAML_MAP)
		return 0;
	yaml_error(y, d, "a map was expected");
	return -1;
}

int
yaml_only(const struct yaml *map, const char *const keys[], struct diag *d)
{
	int rc = 0;

	if (!map || map->kind != YAML_MAP)
		return 0;
	yaml_each(c, map) {
		const char *near;
		if (is_known(c->key, keys))
			continue;
		near = yaml_nearest(c->key, keys);
		diag_error(d, c->file, c->key_line, c->key_column, "unknown key \"%s\"%s%s%s", c->key,
		    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		rc = -1;
	}
	return rc;
}
