/*
 * A large public rule set through the whole loading path: how many rules become part of the engine, and why the others do not.
 * Skipped without the set. CASUS_LOAD_VERBOSE=1 prints every message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "engine/detect/detect.h"

static void
shared_path(char path[static 1024], const char *name)
{
	const char *top = getenv("top_srcdir"), *shared = getenv("CASUS_SHARED");

	if (shared)
		snprintf(path, 1024, "%s/rules/%s", shared, name);
	else
		snprintf(path, 1024, "%s/../shared/rules/%s", top ? top : ".", name);
}

static int
unpack(struct buf *b, const char *path)
{
	gzFile f = gzopen(path, "rb");
	char chunk[65536];
	int n;

	if (!f)
		return -1;
	while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
		buf_add(b, chunk, (size_t) n);
	gzclose(f);
	return n;
}

static void
print_messages(const struct diag *d)
{
	for (uint32_t i = 0; i < d->n; i++)
		if (getenv("CASUS_LOAD_VERBOSE") || i < 20)
			print_message("%s:%u:%u: %s\n", d->items[i].file, d->items[i].line, d->items[i].column, d->items[i].text);
}

static uint32_t
other_errors(const struct diag *d)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < d->n; i++)
		n += d->items[i].severity == DIAG_ERROR && !strstr(d->items[i].text, "unknown protocol")
		    && !strstr(d->items[i].text, "does not exist in protocol");
	return n;
}

static void
test_load(void **state)
{
	static const struct detect_conf conf = { .packet_alert_max = 15, .pcre_match_limit = 3500, .pcre_recursion_limit = 1500,
		.inspection_recursion_limit = 3000 };
	static const struct apps_conf apps;
	struct rule_vars *vars = rule_vars_new();
	struct rule_set set;
	struct diag d;
	struct buf b;
	char path[1024];
	struct ruleset_report report;

	buf_init(&b, (size_t) 256 << 20);
	shared_path(path, "et-open.rules.gz");
	if (unpack(&b, path) < 0) {
		rule_vars_free(vars);
		skip();
	}
	rule_set_init(&set);
	diag_init(&d, 0);
	shared_path(path, "classification.config");
	assert_int_equal(rule_set_classification(&set, path, &d), 0);
	shared_path(path, "reference.config");
	assert_int_equal(rule_set_references(&set, path, &d), 0);
	assert_int_equal(rule_set_read_text(&set, "et-open.rules", span_of(b.p, b.n), vars, &d), 0);
	assert_int_equal(set.n, 35397);

	struct ruleset_in in = { .rules = &set, .apps = &apps, .conf = &conf, .generation = 1 };
	struct ruleset *r = ruleset_build(&in, &d);
	assert_non_null(r);
	ruleset_report(r, &report);
	print_messages(&d);
	print_message("loaded %u, failed %u, skipped %u; %u databases, %u patterns; %.2f s\n", report.loaded, report.failed,
	    report.skipped, report.databases, report.patterns, (double) report.build_ns / 1e9);
	assert_int_equal(report.loaded + report.failed + report.skipped, 35397);
	assert_int_equal(report.failed, d.errors); /* one message for each, and none in silence */
	assert_true(report.loaded >= 27000);
	assert_true(other_errors(&d) <= 10); /* the rest speaks of protocols or fields that are not built */
	ruleset_unref(r);
	rule_set_clear(&set);
	rule_vars_free(vars);
	diag_clear(&d);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_load) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
