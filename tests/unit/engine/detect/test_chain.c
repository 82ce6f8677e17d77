/*
 * Contents that follow each other: random rules on random payloads against every choice of places there is, tried here one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/detect/detect.h"
#include "dice.h"

#define ROUNDS 60
#define RULES 15
#define PACKETS 60
#define PAYLOAD 14
#define CHAIN 5

struct link {
	char text[4];
	int n, distance, within; /* within 0: none */
	bool relative, negated;
};
struct chain {
	struct link link[CHAIN];
	int n;
};

static size_t
write_rule(char *out, size_t cap, struct chain *c, int sid)
{
	size_t at = (size_t) snprintf(out, cap, "alert udp any any -> any any (");

	c->n = 1 + (int) dice(CHAIN);
	for (int i = 0; i < c->n; i++) {
		struct link *l = &c->link[i];
		*l = (struct link) { .n = 1 + (int) dice(2), .relative = i > 0 && dice(6) != 0, .negated = i > 0 && dice(6) == 0 };
		for (int k = 0; k < l->n; k++)
			l->text[k] = "abc"[dice(3)];
		at += (size_t) snprintf(out + at, cap - at, "content:%s\"%s\"; ", l->negated ? "!" : "", l->text);
		if (!l->relative)
			continue;
		l->distance = dice(3) ? (int) dice(3) : (int) dice(5) - 2;
		l->within = dice(3) ? 0 : l->n + (int) dice(3);
		at += (size_t) snprintf(out + at, cap - at, "distance:%d; ", l->distance);
		if (l->within)
			at += (size_t) snprintf(out + at, cap - at, "within:%d; ", l->within);
	}
	return at + (size_t) snprintf(out + at, cap - at, "sid:%d;)\n", sid);
}

static bool
holds(const struct chain *c, int i, const char *p, int end)
{
	const struct link *l = &c->link[i];
	int lo = 0, hi = PAYLOAD;

	if (i == c->n)
		return true;
	if (l->relative) {
		lo = end + l->distance < 0 ? 0 : end + l->distance;
		if (l->within && end + l->distance + l->within < hi)
			hi = end + l->distance + l->within;
	}
	for (int k = lo; k + l->n <= hi; k++) {
		if (memcmp(p + k, l->text, (size_t) l->n) != 0)
			continue;
		if (l->negated)
			return false;
		if (holds(c, i + 1, p, k + l->n))
			return true;
	}
	return l->negated && holds(c, i + 1, p, end);
}

static void
one_round(const char *text, const struct chain *chains)
{
	static const struct detect_conf conf = { .packet_alert_max = RULES, .inspection_recursion_limit = 100000 };
	struct rule_set set;
	struct rule_vars *vars = rule_vars_new();
	struct diag diag;
	struct counters cnt = { 0 };
	struct ruleset_report report;

	rule_set_init(&set);
	diag_init(&diag, 0);
	rule_set_read_text(&set, "test.rules", span_str(text), vars, &diag);
	struct ruleset *rules = ruleset_build(&(struct ruleset_in) { .rules = &set, .conf = &conf }, &diag);
	assert_non_null(rules);
	ruleset_report(rules, &report);
	assert_int_equal(report.loaded, RULES);
	struct pool *pool = pool_new(1 << 20);
	struct detect *d = detect_new(rules, &conf, pool, &cnt);
	for (int i = 0; i < PACKETS; i++) {
		char p[PAYLOAD];
		bool told[RULES + 1] = { false };
		const struct detect_alert *a;
		for (int k = 0; k < PAYLOAD; k++)
			p[k] = "abcx"[dice(4)];
		struct packet packet = { .ip_version = 4, .proto = 17, .payload = span_of(p, PAYLOAD), .sport = 9, .dport = 53, .ts = 1 };
		unsigned n = detect_packet(d, &(struct detect_in) { .p = &packet }, &a);
		for (unsigned k = 0; k < n; k++)
			told[ruleset_cards(rules)->card[a[k].card].sid] = true;
		for (int k = 0; k < RULES; k++)
			if (told[k + 1] != holds(&chains[k], 0, p, 0))
				fail_msg("rule %d of\n%son \"%.*s\": %s", k + 1, text, PAYLOAD, p, told[k + 1] ? "matched" : "did not match");
	}
	detect_free(d);
	ruleset_unref(rules);
	pool_free(pool);
	rule_set_clear(&set);
	rule_vars_free(vars);
	diag_clear(&diag);
}

static void
test_every_choice(void **state)
{
	struct chain chains[RULES];
	char text[16384];

	(void) state;
	for (int r = 0; r < ROUNDS; r++) {
		size_t at = 0;
		for (int i = 0; i < RULES; i++)
			at += write_rule(text + at, sizeof(text) - at, &chains[i], i + 1);
		one_round(text, chains);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_choice) };

	seed = 11;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
