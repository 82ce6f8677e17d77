/*
 * The cache of compiled databases and of plans: second load is from it; damaged and foreign files are passed over and mended.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/detect/detect.h"
#include "engine/detect/sieve.h"

static uint32_t algo;
static char dir[] = "/tmp/casus-cache-XXXXXX";

static const char rules_text[] =
    "alert udp any any -> any any (content:\"first\"; sid:1;)\n"
    "alert udp any any -> any any (content:\"second\"; nocase; sid:2;)\n";

/* Loads, checks that the rules work, and tells how many databases came from the cache. */
static uint32_t
load(uint32_t *databases)
{
	struct rule_set set;
	struct diag d;
	struct rule_vars *vars = rule_vars_new();
	struct detect_conf conf = { .packet_alert_max = 15, .cache_dir = dir, .mpm_algo = algo };
	struct ruleset_in in = { .rules = &set, .conf = &conf };
	struct ruleset_report rep;
	struct counters cnt = { 0 };
	const struct detect_alert *a;

	rule_set_init(&set);
	diag_init(&d, 0);
	rule_set_read_text(&set, "test.rules", span_str(rules_text), vars, &d);
	struct ruleset *r = ruleset_build(&in, &d);
	assert_non_null(r);
	assert_int_equal(d.errors, 0);
	ruleset_report(r, &rep);
	struct pool *pool = pool_new(1 << 20);
	struct detect *det = detect_new(r, &conf, pool, &cnt);
	struct packet p = { .ip_version = 4, .proto = 17, .payload = SPAN_LIT("the SECOND one") };
	struct detect_in di = { .p = &p };
	assert_int_equal(detect_packet(det, &di, &a), 1);
	assert_int_equal(ruleset_cards(r)->card[a[0].card].sid, 2);
	detect_free(det);
	ruleset_unref(r);
	pool_free(pool);
	rule_set_clear(&set);
	rule_vars_free(vars);
	diag_clear(&d);
	*databases = rep.databases;
	return rep.cached;
}

/* Calls fn for each file of the folder; returns how many. */
static unsigned
each_file(void (*fn)(const char *path))
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		char path[512];
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		fn(path);
		n++;
	}
	closedir(d);
	return n;
}

static void
nothing(const char *path)
{
	(void) path;
}

static void
cut(const char *path)
{
	assert_int_equal(truncate(path, 60), 0);
}

static void
empty(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}

static void
write_at(const char *path, long at, int c)
{
	FILE *f = fopen(path, "r+");

	assert_non_null(f);
	fseek(f, at, SEEK_SET);
	fputc(c, f);
	fclose(f);
}

/* Behind the head. */
static void
flip_body(const char *path)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	fseek(f, 50, SEEK_SET);
	int c = fgetc(f);
	fclose(f);
	assert_true(c != EOF);
	write_at(path, 50, c ^ 0x5a);
}

/* Nobody writes to it, so who reads it waits. */
static void
pipe_instead(const char *path)
{
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void
flip_magic(const char *path)
{
	write_at(path, 0, 'X');
}

static void
flip_length(const char *path)
{
	write_at(path, 15, 0x7f);
}

static void
remove_file(const char *path)
{
	unlink(path);
}

static void
check_cache(void)
{
	static void (*const damage[])(const char *) = { cut, empty, flip_body, flip_magic, flip_length, pipe_instead };
	uint32_t n;

	assert_true(load(&n) < n); /* both directions share one database */
	assert_true(n > 0);
	unsigned files = each_file(nothing);
	assert_true(files > 0 && files <= n);
	uint32_t cached = load(&n);
	assert_int_equal(cached, n);
	for (unsigned i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
		each_file(damage[i]);
		assert_true(load(&n) < n);    /* not from a damaged file */
		assert_int_equal(load(&n), n); /* which was mended */
	}
	assert_int_equal(each_file(nothing), files);
	each_file(remove_file);
	assert_int_equal(rmdir(dir), 0); /* the next to write there makes it */
}

static void
test_databases(void **state)
{
	algo = MPM_HS;
	check_cache();
}

static void
test_plans(void **state)
{
	if (!sieve_possible())
		skip();
	algo = MPM_AUTO;
	check_cache();
	uint32_t n;
	assert_int_equal(load(&n), 0); /* what is made in the same start is not from the cache */
	each_file(remove_file);
	rmdir(dir);
}

static void
test_nowhere(void **state)
{
	static const char nowhere[] = "/dev/null/folder"; /* nobody can make it */
	struct rule_set set;
	struct diag d;
	struct rule_vars *vars = rule_vars_new();
	struct detect_conf conf = { .cache_dir = nowhere };
	struct ruleset_in in = { .rules = &set, .conf = &conf };

	rule_set_init(&set);
	diag_init(&d, 0);
	rule_set_read_text(&set, "test.rules", span_str(rules_text), vars, &d);
	struct ruleset *r = ruleset_build(&in, &d);
	assert_non_null(r);
	assert_int_equal(d.errors, 0);
	ruleset_unref(r);
	rule_set_clear(&set);
	rule_vars_free(vars);
	diag_clear(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_databases), cmocka_unit_test(test_plans), cmocka_unit_test(test_nowhere) };

	if (!mkdtemp(dir))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
