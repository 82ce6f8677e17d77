/*
 * Fuzz target: a rule file; then every value is read as a pattern, a regex and a threshold.
 */
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rule_vars *v = rule_vars_new();
	struct rule_set s;
	struct diag d;

	rule_set_init(&s);
	diag_init(&d, 100);
	if (v && rule_set_read_text(&s, "fuzz", span_of(data, size), v, &d) == 0)
		read_values(&s);
	rule_set_clear(&s);
	rule_vars_free(v);
	diag_clear(&d);
	return 0;
}
