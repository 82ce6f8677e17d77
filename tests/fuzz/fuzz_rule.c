/*
 * Fuzz target: a rule file, as a text and as a file, which give the same; then every value is read as a pattern, a regex and a
 * threshold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rule/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_values(struct rule_set *s)
{
	struct rule_options o = { 0 };

	for (uint32_t i = 0; i < s->n && rule_options_read(&o, s->rules[i]) == 0; i++)
		for (uint32_t k = 0; k < o.n; k++) {
			const char *value = o.v[k].value, *x, *y;
			struct rule_threshold t;
			struct span out;
			bool negated;
			uint32_t at;
			rule_pattern(&s->arena, value, &out, &negated, &at);
			rule_regex(&s->arena, value, &x, &y, &negated);
			rule_threshold_keyword(value, false, &t, &x, &at);
			rule_threshold_keyword(value, true, &t, &x, &at);
		}
	rule_options_clear(&o);
}

/* The kept part of a rule and all of it have the same options, at the same places. */
static void
compare(const struct rule_set *kept, const struct rule_set *whole)
{
	struct rule_options a = { 0 }, b = { 0 };
	char sum[2][65];

	rule_set_hash(kept, sum[0]);
	rule_set_hash(whole, sum[1]);
	if (kept->n != whole->n || memcmp(sum[0], sum[1], 65) != 0)
		abort();
	for (uint32_t i = 0; i < kept->n; i++) {
		if (rule_options_read(&a, kept->rules[i]) < 0 || rule_options_read(&b, whole->rules[i]) < 0)
			break;
		for (uint32_t k = 0, m = 0; k < a.n; k++, m++) {
			while (m < b.n && strcmp(a.v[k].name, b.v[m].name) != 0)
				m++;
			if (m == b.n || a.v[k].n != b.v[m].n || a.v[k].line != b.v[m].line || a.v[k].column != b.v[m].column)
				abort();
		}
	}
	rule_options_clear(&a);
	rule_options_clear(&b);
}

static void
read_file(const uint8_t *data, size_t size, const struct rule_vars *v, const struct rule_set *kept)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);
	struct rule_set s;
	struct diag d;
	char path[40];

	if (fd < 0)
		return;
	rule_set_init(&s);
	s.whole = true;
	diag_init(&d, 100);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t) size && rule_set_read(&s, path, v, &d) == 0)
		compare(kept, &s);
	rule_set_clear(&s);
	diag_clear(&d);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule_vars *v = rule_vars_new();
	struct rule_set s;
	struct diag d;

	rule_set_init(&s);
	diag_init(&d, 100);
	if (v && rule_set_read_text(&s, "fuzz", span_of(data, size), v, &d) == 0) {
		read_file(data, size, v, &s);
		read_values(&s);
	}
	rule_set_clear(&s);
	rule_vars_free(v);
	diag_clear(&d);
	return 0;
}
