#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "pipeline/threshold.h"

/* As in rule/rule.h. */
enum { LIMIT, THRESHOLD, BOTH, DETECTION, RATE, SUPPRESS, BACKOFF };
enum { NONE, SRC, DST, PAIR, RULE, FLOW, EITHER };

static struct counters counters;

/*
 * Runs a script against one card: each word is "time[source][>destination][:port][fflow]", a letter for the addresses,
 * and the answer is one letter a word: T told, . held, B told and blocked.
 */
static void
script(struct threshold *t, const struct card *c, const char *words, const char *expect)
{
	char copy[1024], got[256] = "", *save = NULL;
	size_t n = 0;

	snprintf(copy, sizeof copy, "%s", words);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		struct event *e = calloc(1, sizeof *e);
		char *p;
		uint8_t action;
		double at = strtod(w, &p);
		e->type = EVENT_ALERT;
		e->ip_version = 4;
		e->proto = 6;
		e->ts = (int64_t) (at * 1e9);
		e->src = addr_v4((const uint8_t[]) { 10, 0, 0, 'a' });
		e->dst = addr_v4((const uint8_t[]) { 10, 0, 0, 'z' });
		if (*p >= 'a' && *p <= 'z' && *p != 'f')
			e->src.b[15] = (uint8_t) *p++;
		if (*p == '>') {
			e->dst.b[15] = (uint8_t) p[1];
			p += 2;
		}
		if (*p == ':')
			e->dport = (uint16_t) strtoul(p + 1, &p, 10);
		if (*p == 'f') {
			e->flow_id = strtoull(p + 1, &p, 10);
			e->flags = EVENT_F_FLOW;
		}
		assert_int_equal(*p, 0);
		enum threshold_verdict v = threshold_alert(t, e, c, &action);
		got[n++] = v == THRESHOLD_NOT_YET ? ',' : v == THRESHOLD_HOLD ? '.' : action ? 'B' : 'T';
		free(e);
	}
	got[n] = 0;
	assert_string_equal(got, expect);
}

static void
one(struct card_threshold th, const char *words, const char *expect)
{
	struct card c = { .sid = 1, .gid = 1, .thresholds = &th, .n_thresholds = 1 };
	struct threshold *t = threshold_new(1024, &counters);

	script(t, &c, words, expect);
	threshold_free(t);
}

static void
test_limit(void **state)
{
	one((struct card_threshold) { .type = LIMIT, .track = SRC, .count = 2, .seconds = 10 }, "0 1 2 3 9 10 10.5 11 12", "TT....TT.");
	one((struct card_threshold) { .type = LIMIT, .track = SRC, .count = 1, .seconds = 60 }, "0a 0b 1a 2b 3c", "TT..T");
	one((struct card_threshold) { .type = LIMIT, .track = DST, .count = 1, .seconds = 60 }, "0a 0b 1a 2b 3c>y", "T...T");
	one((struct card_threshold) { .type = LIMIT, .track = RULE, .count = 1, .seconds = 60 }, "0a>x 0b>y 1c>z", "T..");
	one((struct card_threshold) { .type = LIMIT, .track = PAIR, .count = 1, .seconds = 60 }, "0a>x 0x>a 1a>y 2b>x", "T.TT");
}

static void
test_threshold(void **state)
{
	one((struct card_threshold) { .type = THRESHOLD, .track = SRC, .count = 3, .seconds = 10 }, "0 1 2 3 4 5 6", ",,T..T.");
	one((struct card_threshold) { .type = THRESHOLD, .track = SRC, .count = 3, .seconds = 10 }, "0 1 11 12 13", ",,,,T");
	one((struct card_threshold) { .type = THRESHOLD, .track = SRC, .count = 1, .seconds = 10 }, "0 1 2 20", "TTTT");
}

static void
test_both(void **state)
{
	one((struct card_threshold) { .type = BOTH, .track = SRC, .count = 3, .seconds = 10 }, "0 1 2 3 4 5 10 11 12 13", ",,T....,,T");
	one((struct card_threshold) { .type = BOTH, .track = SRC, .count = 1, .seconds = 10 }, "0 1 10 11 12", "T..T.");
}

static void
test_detection_filter(void **state)
{
	one((struct card_threshold) { .type = DETECTION, .track = SRC, .count = 2, .seconds = 10 }, "0 1 2 3 10 11 12 13", ",,TTT,,T");
	/* three different ports, however often each */
	one((struct card_threshold) { .type = DETECTION, .track = SRC, .count = 2, .seconds = 60, .distinct = 2 },
	    "0:1 1:1 2:1 3:2 4:2 5:3 6:3 70:3 71:4", ",,,,,TT,,");
}

static void
test_rate_filter(void **state)
{
	/* after 2 in 10 s: dropped for 5 s */
	one((struct card_threshold) { .type = RATE, .track = SRC, .count = 2, .seconds = 10, .timeout = 5, .new_action = 2 }, "0 1 2 3 7 7.5 20 21",
	    "TTBBBTTT");
	/* new action pass: nothing told while it holds */
	one((struct card_threshold) { .type = RATE, .track = SRC, .count = 1, .seconds = 10, .timeout = 5, .new_action = 1 }, "0 1 2 3", "T...");
}

static void
test_backoff(void **state)
{
	char words[600] = "", expect[128] = "";

	for (int i = 1; i <= 105; i++) {
		memcpy(words + (i - 1) * 4, "0f7 ", 5);
		expect[i - 1] = i == 1 || i == 10 || i == 100 ? 'T' : '.';
	}
	one((struct card_threshold) { .type = BACKOFF, .track = FLOW, .count = 1, .multiplier = 10 }, words, expect);
}

static void
test_by_flow(void **state)
{
	one((struct card_threshold) { .type = LIMIT, .track = FLOW, .count = 1, .seconds = 60 }, "0f1 0f2 1f1 2f2 3f3", "TT..T");
	one((struct card_threshold) { .type = LIMIT, .track = FLOW, .count = 1, .seconds = 60 }, "0", "."); /* no flow, nothing to count by */
}

static void
test_suppress(void **state)
{
	struct addr a = addr_v4((const uint8_t[]) { 10, 0, 0, 'a' });
	struct addr_set set;

	addr_set_init(&set);
	assert_int_equal(addr_set_add(&set, &a, &a), 0);
	addr_set_seal(&set);
	one((struct card_threshold) { .type = SUPPRESS, .track = SRC, .ip = &set }, "0a 0b 0b>a", ".TT");
	one((struct card_threshold) { .type = SUPPRESS, .track = DST, .ip = &set }, "0a 0b 0b>a", "TT.");
	one((struct card_threshold) { .type = SUPPRESS, .track = EITHER, .ip = &set }, "0a 0b 0b>a", ".T.");
	one((struct card_threshold) { .type = SUPPRESS, .track = NONE }, "0a 0b", "..");
	addr_set_clear(&set);
}

static void
test_several(void **state)
{
	struct card_threshold th[] = { { .type = LIMIT, .track = SRC, .count = 1, .seconds = 60 }, { .type = SUPPRESS, .track = NONE } };
	struct card c = { .sid = 1, .gid = 1, .thresholds = th, .n_thresholds = 2 };
	struct threshold *t = threshold_new(16, &counters);

	script(t, &c, "0 1", "..");
	assert_int_equal(threshold_used(t), 0); /* suppressed ones are not counted */
	threshold_free(t);
}

static void
test_bounded(void **state)
{
	struct card_threshold th = { .type = LIMIT, .track = SRC, .count = 1, .seconds = 10 };
	struct card c = { .sid = 1, .gid = 1, .thresholds = &th, .n_thresholds = 1 };
	struct threshold *t = threshold_new(4, &counters);

	memset(&counters, 0, sizeof counters);
	script(t, &c, "0a 0b 0c 0d 1e 1e 2a", "TTTTTT.");
	assert_int_equal(threshold_used(t), 4);
	assert_int_equal(counters.v[C_THRESHOLD_REFUSED], 2);
	script(t, &c, "12e 12e 12g", "T.T"); /* ended windows made room */
	assert_int_equal(counters.v[C_THRESHOLD_REFUSED], 2);
	threshold_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_detection_filter),
		cmocka_unit_test(test_rate_filter),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_by_flow),
		cmocka_unit_test(test_suppress),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
