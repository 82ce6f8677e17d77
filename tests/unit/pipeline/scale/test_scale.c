/*
 * Tests of scale: HyperLogLog, service health, and that intervals hold the truth when packets are lost.
 */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "pipeline/scale/scale.h"

static uint64_t seed;

static double
uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double) (seed >> 11) / 9007199254740992.0;
}

static uint64_t
thing(uint64_t set, uint64_t k)
{
	uint64_t v[2] = { set, k };

	return hash_bytes(v, sizeof(v), 7);
}

static void
hll_error(void **state)
{
	static const uint32_t sizes[] = { 1, 64, 65, 1000, 5000, 20000, 100000, 1000000 };

	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++)
		for (uint64_t set = 0; set < 5; set++) {
			struct hll h = { 0 };
			for (uint32_t k = 0; k < sizes[n]; k++) {
				hll_add(&h, thing(set, k));
				if (k % 3 == 0)
					hll_add(&h, thing(set, k / 2)); /* seen before */
			}
			double e = fabs(hll_count(&h) - sizes[n]) / sizes[n];
			if (sizes[n] <= HLL_EXACT)
				assert_true(e == 0);
			else if (e > 3 * HLL_ERROR)
				fail_msg("%u: error %.3f", sizes[n], e);
			hll_clear(&h);
		}
}

static void
hll_merges(void **state)
{
	struct hll a = { 0 }, b = { 0 }, all = { 0 };

	for (uint32_t k = 0; k < 60000; k++) {
		hll_add(k % 2 ? &a : &b, thing(1, k));
		if (k % 5 == 0)
			hll_add(k % 2 ? &b : &a, thing(1, k));
		hll_add(&all, thing(1, k));
	}
	hll_merge(&a, &b);
	assert_true(hll_count(&a) == hll_count(&all));
	struct hll small = { 0 };
	hll_add(&small, thing(1, 5));
	hll_add(&small, thing(2, 5));
	double before = hll_count(&all);
	hll_merge(&all, &small);
	assert_true(hll_count(&all) >= before);
	hll_merge(&small, &all);
	assert_true(hll_count(&small) == hll_count(&all));
	hll_clear(&a);
	hll_clear(&b);
	hll_clear(&all);
	hll_clear(&small);
}

/* Two samples of parts are the sample of the whole; and those seen once tell how many nobody saw. */
static void
samples(void **state)
{
	struct sample a = { 0 }, b = { 0 }, all = { 0 };
	double once, twice, mean;

	for (uint64_t k = 0; k < 5000; k++)
		for (uint64_t again = 0; again <= k % 3; again++) {
			sample_add((k + again) % 2 ? &a : &b, thing(9, k), 1, 0);
			sample_add(&all, thing(9, k), 1, 0);
		}
	sample_merge(&a, &b);
	assert_int_equal(a.n, SAMPLE_MAX);
	assert_memory_equal(a.hash, all.hash, sizeof(a.hash));
	assert_memory_equal(a.seen, all.seen, sizeof(a.seen));
	double odds = sample_unseen(&all, 0.5, &once, &twice, &mean);
	assert_true(fabs(once - 1.0 / 3) < 0.1 && fabs(twice - 1.0 / 3) < 0.1 && fabs(mean - 2) < 0.2);
	assert_true(fabs(odds - once) < 1e-9); /* (1 - 0.5) / 0.5 for each seen once */
	uint8_t seen = all.seen[0];
	sample_add(&all, all.hash[0], 1, 7);
	sample_add(&all, all.hash[0], 1, 7); /* the same packet again */
	assert_int_equal(all.seen[0], seen + 1);
}

/* ---- health ---- */

static struct diag d;
static struct inventory inv;
static struct health *health;
static const char *const inventory_text = "assets:\n  - { name: a, networks: [10.0.0.1], owner: X, sector: energy, services: [ { port: 80 }, { port: 502 } ] }\n";
static const char *const three_sectors = "assets:\n  - { name: a, networks: [10.0.0.1], owner: X, sector: energy, services: [ { port: 80 } ] }\n"
					 "  - { name: b, networks: [10.0.0.2], owner: X, sector: water, services: [ { port: 80 } ] }\n"
					 "  - { name: c, networks: [10.0.0.3], owner: Y, sector: health, services: [ { port: 80 } ] }\n";

static int
setup_with(const char *text)
{
	char path[] = "/tmp/casus-inv-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	diag_init(&d, 0);
	fputs(text, f);
	fclose(f);
	int rc = inventory_read(&inv, path, &d);
	remove(path);
	health = health_new(&inv);
	return rc;
}

static int
setup(void **state)
{
	return setup_with(inventory_text);
}

static int
setup_three(void **state)
{
	return setup_with(three_sectors);
}

static int
teardown(void **state)
{
	health_free(health);
	inventory_clear(&inv);
	diag_clear(&d);
	return 0;
}

/* What happened in the second before `second` to port 80 of a host. */
static void
facts_at(const char *host, int64_t second, uint32_t syn, uint32_t synack)
{
	struct event e = { .type = EVENT_FACTS, .ts = second * NS_PER_S, .proto = 6, .server_port = 80 };
	struct prefix p;

	prefix_parse(&p, host);
	e.server = p.a;
	e.facts = (struct event_facts) { .syn = syn, .synack = synack };
	assert_non_null(health_facts(health, &inv, &e));
}

static void
facts(int64_t second, uint32_t syn, uint32_t synack)
{
	facts_at("10.0.0.1", second, syn, synack);
}

static struct fact
feature(const char *name, struct incident *i, int64_t now)
{
	struct assess_coverage cov = { .sampling = 1 };
	struct scale_in in = { i, &inv, health, &cov, now * NS_PER_S, NULL, 0 };
	struct fact f = { 0 };

	assert_true(feature_index(name) >= 0);
	feature_table[feature_index(name)]->measure(&in, &f);
	return f;
}

/* The share of the time since the incident began, of the service that was away the longest. */
static void
availability(void **state)
{
	struct incident i = { .first = 1000 * NS_PER_S, .last = 1400 * NS_PER_S, .assets = { &inv.assets[0] }, .n_assets = 1 };
	struct incident other = i;

	for (int64_t t = 1001; t <= 1400; t++) {
		facts(t, 10, t > 1200 && t <= 1300 ? 0 : 10);
		facts_at("10.0.0.2", t, 10, 10);
		health_tick(health, t * NS_PER_S);
	}
	struct fact f = feature("availability", &i, 1400);
	assert_true(f.known && f.lo <= 0.75 && f.hi >= 0.75 && f.lo > 0.7 && f.hi < 0.8);
	other.assets[0] = &inv.assets[1];
	f = feature("availability", &other, 1400);
	assert_true(f.known && f.hi == 1 && f.likely == 1);
	other.assets[0] = &inv.assets[2]; /* of which nothing was ever seen: unknown, not all of the time */
	assert_false(feature("availability", &other, 1400).known);
}

/* Outages of further sectors after the first: certain of assets the incident touched, possible of others; what failed before is no consequence. */
static void
cascade(void **state)
{
	struct incident i = { .first = 1000 * NS_PER_S, .last = 1400 * NS_PER_S, .assets = { &inv.assets[0], &inv.assets[1] }, .n_assets = 2 };

	for (int64_t t = 1001; t <= 1400; t++) {
		facts_at("10.0.0.1", t, 10, t > 1100 ? 0 : 10);
		facts_at("10.0.0.2", t, 10, t > 1200 ? 0 : 10);
		facts_at("10.0.0.3", t, 10, t > 1300 ? 0 : 10);
		health_tick(health, t * NS_PER_S);
	}
	struct fact f = feature("cascade", &i, 1400);
	assert_true(f.known && f.lo == 1 && f.likely == 1 && f.hi == 2);
	i.assets[1] = &inv.assets[2];
	f = feature("cascade", &i, 1400);
	assert_true(f.lo == 1 && f.hi == 2);
	i.n_assets = 1;
	f = feature("cascade", &i, 1400);
	assert_true(f.lo == 0 && f.hi == 2);
	i.assets[0] = &inv.assets[2]; /* the last to fail: nothing followed from it */
	f = feature("cascade", &i, 1400);
	assert_true(f.known && f.lo == 0 && f.hi == 0);
}

static void
outage(void **state)
{
	const struct health_service *s = health_at(health, 0);

	for (int64_t t = 1000; t < 1300; t++) {
		bool down = t > 1100 && t <= 1160;
		facts(t, 10, down ? 0 : 10);
		health_tick(health, t * NS_PER_S);
	}
	assert_int_equal(s->n_outages, 1);
	assert_int_equal(s->outage[0].begin, 1100 * NS_PER_S); /* facts of second t are told at its end */
	assert_int_equal(s->outage[0].end, 1160 * NS_PER_S);
	assert_true(s->outage[0].sure);
	assert_false(s->down);
	assert_true(health_share(&s->outage[0], 1).lo > 0.8);
}

static void
never_answered(void **state)
{
	struct incident i = { .first = 1000 * NS_PER_S, .last = 1000 * NS_PER_S };
	struct assess_coverage cov = { .sampling = 1 };
	struct scale_in in = { &i, &inv, health, &cov, 1100 * NS_PER_S, NULL, 0 };
	struct fact x;

	for (int64_t t = 1000; t < 1100; t++) {
		facts(t, 10, 0);
		health_tick(health, t * NS_PER_S);
	}
	i.assets[0] = &inv.assets[0];
	i.n_assets = 1;
	assert_true(scale_downtime(&in, health_at(health, 0), &x));
	assert_true(x.lo == 0); /* perhaps only one side is mirrored */
	assert_true(x.hi > 80);
}

static void
silence_is_only_possible(void **state)
{
	struct incident i = { .first = 1000 * NS_PER_S, .last = 1000 * NS_PER_S };
	struct assess_coverage cov = { .sampling = 1 };
	struct scale_in in = { &i, &inv, health, &cov, 1200 * NS_PER_S, NULL, 0 };
	struct fact x;

	for (int64_t t = 1000; t < 1050; t++) {
		facts(t, 5, 5);
		health_tick(health, t * NS_PER_S);
	}
	i.assets[0] = &inv.assets[0];
	i.n_assets = 1;
	assert_true(scale_downtime(&in, health_at(health, 0), &x));
	assert_true(x.lo == 0 && x.hi > 140);
}

/* The same sums split in two give the same outages, also when answers come a second late. */
static void
split_in_two(void **state)
{
	struct health_service one;

	for (int split = 0; split < 2; split++) {
		teardown(NULL);
		setup(NULL);
		seed = 77;
		for (int64_t t = 1000; t < 1400; t++) {
			bool down = t > 1100 && t < 1200;
			uint32_t syn = 1 + (uint32_t) (uniform() * 8), late = (uint32_t) (uniform() * 3), ok = down ? 0 : syn;
			if (split) {
				uint32_t a = syn / 2;
				facts(t, a, late);
				facts(t, syn - a, ok);
			} else {
				facts(t, syn, ok + late);
			}
			health_tick(health, t * NS_PER_S);
		}
		if (!split)
			one = *health_at(health, 0);
	}
	const struct health_service *two = health_at(health, 0);
	assert_int_equal(one.n_outages, two->n_outages);
	assert_memory_equal(one.outage, two->outage, sizeof(one.outage));
	assert_int_equal(one.active_seconds, two->active_seconds);
}

static void
many_outages_fold(void **state)
{
	const struct health_service *s = health_at(health, 0);
	struct incident i = { .first = 1000 * NS_PER_S, .last = 1000 * NS_PER_S, .n_assets = 1 };
	struct assess_coverage cov = { .sampling = 1 };
	double lo = 0, before = 0;
	struct fact x;

	i.assets[0] = &inv.assets[0];
	for (int64_t t = 1000; t < 1000 + 60 * 20; t++) {
		facts(t, 10, t % 60 >= 30 ? 0 : 10);
		health_tick(health, t * NS_PER_S);
		struct scale_in in = { &i, &inv, health, &cov, t * NS_PER_S, NULL, 0 };
		scale_downtime(&in, s, &x);
		lo = x.lo;
		assert_true(lo + 31 >= before); /* an end found late takes back no more than the window saw */
		before = lo;
	}
	assert_int_equal(s->n_outages, HEALTH_OUTAGES);
	if (lo < 0.9 * 20 * 30 || lo > 1.1 * 20 * 30)
		fail_msg("%.0f s of 600", lo);
}

/* ---- loss ---- */

#define TRIALS 2000

/* Synthetic incidents of known truth, each packet lost with the same chance: how often does the interval hold the truth? */
static void
intervals_hold_the_truth(void **state)
{
	static const double losses[] = { 0, 0.1, 0.3, 0.5 };

	for (size_t l = 0; l < 4; l++) {
		unsigned held_n = 0, held_d = 0;
		double width_n = 0, width_d = 0;
		seed = 1000 + l;
		for (int trial = 0; trial < TRIALS; trial++) {
			uint32_t n = 5 + (uint32_t) (uniform() * 400), seen = 0;
			double at = 0, first = -1, last = 0, end = 0, begin = 0;
			for (uint32_t k = 0; k < n; k++) {
				at += -log(1 - uniform()) * 2;
				if (!k)
					begin = at;
				end = at;
				if (uniform() < losses[l])
					continue;
				if (first < 0)
					first = at;
				last = at;
				seen++;
			}
			struct incident i = { .first = (int64_t) (first * 1e9), .last = (int64_t) (last * 1e9), .alerts = seen, .signs = seen, .needed = seen, .calls_out = seen };
			struct assess_coverage cov = { .packets = (uint64_t) (1e6 * (1 - losses[l])), .dropped = (uint64_t) (1e6 * losses[l]), .sampling = 1 };
			struct effects none = { .n = 0 };
			struct scale_in in = { &i, &inv, health, &cov, 0, &none, 0 };
			struct scale sc;
			scale_measure(&in, &sc);
			const struct fact *c = &sc.fact[feature_index("calls_out")], *t = &sc.fact[feature_index("duration_s")];
			held_n += c->lo <= n && n <= c->hi;
			held_d += seen < 2 || (t->lo <= end - begin + 1e-6 && end - begin <= t->hi + 1e-6);
			width_n += (c->hi - c->lo) / n;
			width_d += (t->hi - t->lo) / (end - begin);
		}
		print_message("loss %.0f %%: count held %.1f %%, mean width %.2f of the truth; duration held %.1f %%, mean width %.3f\n", losses[l] * 100,
		    100.0 * held_n / TRIALS, width_n / TRIALS, 100.0 * held_d / TRIALS, width_d / TRIALS);
		assert_true(held_n >= 0.95 * TRIALS);
		assert_true(held_d >= 0.95 * TRIALS);
	}
}

static void
coverage_tells_why(void **state)
{
	struct incident i = { .n_assets = 1 };
	struct assess_coverage cov = { .packets = 90, .dropped = 10, .sampling = 0.5 };
	struct effects none = { .n = 0 };
	struct scale_in in = { &i, &inv, health, &cov, 0, &none, 0 };
	struct scale sc;

	i.assets[0] = &inv.assets[0];
	scale_measure(&in, &sc);
	assert_true(fabs(sc.coverage - 0.45) < 1e-9);
	inv.assets[0].mirrored = false;
	inv.unmirrored = 1;
	cov = (struct assess_coverage) { .packets = 100, .sampling = 1 };
	scale_measure(&in, &sc);
	assert_true(sc.coverage < 0.6);
	assert_non_null(strstr(sc.coverage_why, "mirrored"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hll_error),
		cmocka_unit_test(hll_merges),
		cmocka_unit_test(samples),
		cmocka_unit_test_setup_teardown(availability, setup_three, teardown),
		cmocka_unit_test_setup_teardown(cascade, setup_three, teardown),
		cmocka_unit_test_setup_teardown(outage, setup, teardown),
		cmocka_unit_test_setup_teardown(never_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(silence_is_only_possible, setup, teardown),
		cmocka_unit_test_setup_teardown(split_in_two, setup, teardown),
		cmocka_unit_test_setup_teardown(many_outages_fold, setup, teardown),
		cmocka_unit_test_setup_teardown(intervals_hold_the_truth, setup, teardown),
		cmocka_unit_test_setup_teardown(coverage_tells_why, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
