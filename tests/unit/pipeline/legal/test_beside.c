/*
 * Tests of what stands beside the bands: severity scales, factors, options, support, clocks, over the shipped packs.
 */
#include "law.h"

#include "pipeline/legal/beside.h"

static struct bands
compute(const struct facts *f)
{
	struct bands b;

	bands_compute(&packs, &(struct bands_in) { f, true, 0 }, &b);
	return b;
}

static const struct severity_scale *
scale(const char *id)
{
	for (uint32_t i = 0; i < packs.n_severity; i++)
		if (strcmp(packs.severity[i].id, id) == 0)
			return &packs.severity[i];
	fail_msg("no scale %s", id);
	return NULL;
}

static const struct gauge *
factor(const char *id)
{
	for (uint32_t i = 0; i < packs.n_factors; i++)
		if (strcmp(packs.factor[i].id, id) == 0)
			return &packs.factor[i];
	fail_msg("no factor %s", id);
	return NULL;
}

static const struct response *
response(const char *id)
{
	for (uint32_t i = 0; i < packs.n_responses; i++)
		if (strcmp(packs.response[i].id, id) == 0)
			return &packs.response[i];
	fail_msg("no response %s", id);
	return NULL;
}

/* A grid attack as the one that the weights' source works out to 87.4. */
static void
grid(struct facts *f)
{
	quiet_facts(f);
	effect(f, "c2");
	effect(f, "ot-control");
	effect(f, "destruction");
	value(f, "criticality", 3, 3);
	value(f, "zone_depth", 3, 3);
	value(f, "ot_controls", 30, 60);
	value(f, "function_loss_h", 3, 6);
	value(f, "people_without_service", 225000, 225000);
	no_physical_harm(f);
}

static void
worked_score(void **state)
{
	struct facts f;

	grid(&f);
	struct bands b = compute(&f);
	struct severity_value open = severity_eval(scale("us-nciss"), &f, &b);
	f.actor = "state";
	f.attribution = "government-statement";
	struct severity_value v = severity_eval(scale("us-nciss"), &f, &b);
	assert_true(v.score_lo <= 87.4 && 87.3 <= v.score_hi);
	assert_string_equal(scale("us-nciss")->level[v.hi].name, "severe");
	assert_true(open.score_lo < v.score_lo); /* nobody told who it was: the value for unknown */
	v = severity_eval(scale("us-schema"), &f, &b);
	assert_true(strcmp(scale("us-schema")->level[v.hi].name, "4 Severe") == 0 && v.lo <= v.hi);
}

/* More harm never lowers a scale or factor; intervals are in order and within their range. */
static void
gauges_are_monotone(void **state)
{
	seed = 31337;
	for (int n = 0; n < 10000; n++) {
		struct facts f, more;
		random_facts(&f);
		f.attribution = rnd(2) ? packs.attributions[rnd(packs.n_attributions)] : NULL;
		more = with_more_harm(&f);
		struct bands b = compute(&f), c = compute(&more);
		for (uint32_t i = 0; i < packs.n_severity; i++) {
			struct severity_value v = severity_eval(&packs.severity[i], &f, &b), w = severity_eval(&packs.severity[i], &more, &c);
			assert_true(v.lo <= v.hi && v.hi < packs.severity[i].n_levels && v.score_lo <= v.score_hi && v.score_hi <= 100);
			assert_true(v.lo <= w.lo && v.hi <= w.hi && v.score_lo <= w.score_lo + 1e-9 && v.score_hi <= w.score_hi + 1e-9);
		}
		for (uint32_t i = 0; i < packs.n_factors; i++) {
			struct gauge_value v = gauge_eval(&packs.factor[i], &f, b.effects_hi), w = gauge_eval(&packs.factor[i], &more, c.effects_hi);
			assert_true(0 <= v.lo && v.lo <= v.hi && v.hi <= 10 && v.lo <= w.lo && v.hi <= w.hi);
		}
	}
}

/* What only a person can say is the whole range until a person says it. */
static void
factors_stay_unknown(void **state)
{
	struct facts f;
	struct gauge_value v;

	assert_int_equal(packs.n_factors, 8);
	grid(&f);
	v = gauge_eval(factor("state_involvement"), &f, 4);
	assert_true(!v.known && v.lo == 0 && v.hi == 10);
	f.attribution = "technical-lead";
	v = gauge_eval(factor("state_involvement"), &f, 4);
	assert_true(v.known && v.hi < 10);
	f.human[0].known = false; /* nobody told whether people died */
	assert_string_equal(packs.human[0].name, "deaths");
	v = gauge_eval(factor("severity_of_harm"), &f, 4);
	assert_true(v.lo == 9 && v.hi == 10);
	value(&f, "deaths", 0, 0);
	v = gauge_eval(factor("severity_of_harm"), &f, 4);
	assert_true(v.lo == 9 && v.hi == 9);
	v = gauge_eval(factor("military_character"), &f, 4);
	assert_true(v.lo == 0 && v.hi == 10);
}

static void
expect_answer(const char *what, const char *party, const char *code, const char *part)
{
	const char *got = NULL, *say = response_answer(response(what), packs_party(&packs, party), &got);

	assert_non_null(say);
	if (strcmp(got, code) != 0 || !strstr(say, part))
		fail_msg("%s: %s answers %s, \"%s\"", what, party, got, say);
}

/* D7, D9, D10. */
static void
answers_differ(void **state)
{
	expect_answer("collective-countermeasures", "EE", "yes", "supports");
	expect_answer("collective-countermeasures", "PL", "yes", "supports");
	expect_answer("collective-countermeasures", "NZ", "open", "discussing");
	expect_answer("collective-countermeasures", "UK", "open", "discussing");
	expect_answer("collective-countermeasures", "FR", "no", "rejects");
	expect_answer("collective-countermeasures", "CA", "not-established", "not established");
	static const char *const silent[] = { "US", "JP", "DE", "AU", "IT" };
	for (size_t i = 0; i < 5; i++)
		expect_answer("collective-countermeasures", silent[i], "not-stated", "not stated");
	static const char *const relaxed[] = { "US", "UK", "CA" }, *const urgent[] = { "FR", "DE", "NL" };
	for (size_t i = 0; i < 3; i++) {
		expect_answer("countermeasures", relaxed[i], "not-if-it-defeats", "no prior notice");
		expect_answer("countermeasures", urgent[i], "waivable-urgent", "urgent");
	}
	expect_answer("countermeasures", "JP", "not-stated", "required by default");
	expect_answer("self-defence", "DE", "yes", "groups too");
	expect_answer("self-defence", "FR", "restricted", "exceptional");
	expect_answer("self-defence", "KR", "unread", "not known");
	assert_int_equal(response_from(response("self-defence"), packs_party(&packs, "US")), packs_band(&packs, "B4"));
	assert_int_equal(response_from(response("self-defence"), packs_party(&packs, "JP")), packs_band(&packs, "B5"));
}

/* No option is ever said to be lawful: preconditions are to be shown, but for what a person told. */
static void
preconditions_stay_open(void **state)
{
	struct assessment x = { .i = &incident };
	struct document_in in = { &packs, &effects, NULL, NULL, false, NULL };
	static char room[1 << 20];
	struct json j;
	const char *t;

	grid(&x.facts);
	x.bands = compute(&x.facts);
	json_init(&j, room, sizeof(room) - 1);
	json_object(&j, NULL);
	beside_options(&in, &x, band_of_party(&x.bands, "JP"), true, &j);
	json_end(&j);
	room[j.n] = 0;
	assert_non_null(strstr(room, "\"countermeasures\""));
	assert_null(strstr(room, "told by a person"));
	x.facts.attribution = "government-statement";
	x.facts.actor = "state";
	json_init(&j, room, sizeof(room) - 1);
	json_object(&j, NULL);
	beside_options(&in, &x, band_of_party(&x.bands, "JP"), true, &j);
	json_end(&j);
	room[j.n] = 0;
	t = strstr(room, "told by a person");
	assert_non_null(t);
	assert_non_null(strstr(room, "to be shown"));
}

/* What the material does not say of an ally is unknown, not nothing. */
static void
support_and_clocks(void **state)
{
	struct assessment x = { .i = &incident };
	struct document_in in = { &packs, &effects, NULL, NULL, false, NULL };
	static char room[1 << 20];
	struct json j;
	bool clock = false;

	grid(&x.facts);
	value(&x.facts, "physical_damage", 3, 3);
	x.bands = compute(&x.facts);
	json_init(&j, room, sizeof(room) - 1);
	json_object(&j, NULL);
	beside_support(&in, &x, &j);
	beside_clocks(&in, &x, &j);
	json_end(&j);
	room[j.n] = 0;
	assert_non_null(strstr(room, "us-jp-treaty-1960.V")); /* the asset is in JP */
	assert_null(strstr(room, "\"nato-5\""));
	const char *unknown = strstr(room, "\"unknown\":[");
	assert_non_null(unknown);
	assert_non_null(strstr(unknown, "\"IN\""));
	assert_non_null(strstr(unknown, "\"UK\""));
	assert_non_null(strstr(room, "earliest_awareness"));
	assert_null(strstr(room, "missed"));
	for (uint32_t i = 0; i < packs.n_clocks; i++)
		if (strcmp(packs.clock[i].id, "jp-acd") == 0)
			clock = clock_fits(&packs.clock[i], &x.facts);
		else if (strcmp(packs.clock[i].id, "au-soci") == 0)
			assert_false(clock_fits(&packs.clock[i], &x.facts));
	assert_true(clock);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_score),
		cmocka_unit_test(gauges_are_monotone),
		cmocka_unit_test(factors_stay_unknown),
		cmocka_unit_test(answers_differ),
		cmocka_unit_test(preconditions_stay_open),
		cmocka_unit_test(support_and_clocks),
	};

	return cmocka_run_group_tests(tests, law_setup, law_teardown);
}
