#include "pipeline/stats.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

static uint16_t sorted[COUNTER_N];
static bool ready;

static int
compare(const void *a, const void *b)
{
	return strcmp(counter_info[*(const uint16_t *) a].key, counter_info[*(const uint16_t *) b].key);
}

static void
sort_once(void)
{
	if (ready)
		return;
	for (unsigned i = 0; i < COUNTER_N; i++)
		sorted[i] = (uint16_t) i;
	qsort(sorted, COUNTER_N, sizeof sorted[0], compare);
	ready = true;
}

/* Length of the part of both keys that is whole path components: "tcp.end." of tcp.end.rst and tcp.end.fin. */
static size_t
common(const char *a, const char *b)
{
	size_t same = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
		if (a[i] == '.')
			same = i + 1;
	}
	return same;
}

static unsigned
dots(const char *key, size_t from, size_t to)
{
	unsigned n = 0;

	for (size_t i = from; i < to && key[i]; i++)
		n += key[i] == '.';
	return n;
}

static void
engines(struct json *j, const struct stats_rules *rules)
{
	char text[CLOCK_EVE_LEN];

	json_array(j, "engines");
	json_object(j, NULL);
	json_u64(j, "id", 0);
	if (rules->loaded_at) {
		clock_print_eve(rules->loaded_at, text);
		json_str(j, "last_reload", text);
	}
	json_u64(j, "rules_loaded", rules->loaded);
	json_u64(j, "rules_failed", rules->failed);
	json_u64(j, "rules_skipped", rules->skipped);
	json_end(j);
	json_end(j);
}

/* Opens the objects of a key from byte `at` on; returns where its last component begins. */
static size_t
open_path(struct json *j, const char *key, size_t at, const struct stats_rules *rules)
{
	const char *dot;
	char name[64];

	while ((dot = strchr(key + at, '.'))) {
		snprintf(name, sizeof name, "%.*s", (int) (dot - (key + at)), key + at);
		json_object(j, name);
		if (at == 0 && rules && strcmp(name, "detect") == 0)
			engines(j, rules);
		at = (size_t) (dot - key) + 1;
	}
	return at;
}

void
stats_write(struct json *j, const struct counters *sum, int64_t uptime, const struct stats_rules *rules, bool replay)
{
	const char *before = "";

	sort_once();
	json_object(j, "stats");
	if (uptime >= 0)
		json_u64(j, "uptime", (uint64_t) (uptime / NS_PER_S));
	for (unsigned i = 0; i < COUNTER_N; i++) {
		const char *key = counter_info[sorted[i]].key;
		size_t same = common(before, key);
		if (replay && strncmp(key, "output.", 7) == 0)
			continue;
		for (unsigned n = dots(before, same, strlen(before)); n; n--)
			json_end(j);
		json_u64(j, key + open_path(j, key, same, rules), counter_get(sum, (enum counter) sorted[i]));
		before = key;
	}
	for (unsigned n = dots(before, 0, strlen(before)); n; n--)
		json_end(j);
	json_end(j);
}
