/*
 * Tests of bands over the shipped packs: one sign proves nothing, more harm never lowers, unknown is not zero, caps, ceilings,
 * coverage, accumulation, and the divergences of the published positions.
 */
#include "law.h"

static struct bands
compute(const struct facts *f, bool confirmed, uint32_t linked)
{
	struct bands b;

	bands_compute(&packs, &(struct bands_in) { f, confirmed, linked }, &b);
	return b;
}

static int
at(const char *id)
{
	return packs_band(&packs, id);
}

/* One alert, whatever it says, puts nobody anywhere: lo B0, and hi not above B2. */
static void
one_signature(void **state)
{
	for (uint8_t e = 0; e < effects.n; e++)
		for (int listed = 0; listed < 2; listed++) {
			struct facts f;
			struct bands b;
			quiet_facts(&f);
			f.effects = 1u << e;
			value(&f, "signatures", 1, 1);
			value(&f, "sign_kinds", !effects.effect[e].attempt, !effects.effect[e].attempt);
			value(&f, "criticality", listed ? 3 : 0, 3);
			if (!listed) {
				incident.n_assets = 0;
				incident.unlisted = true;
				value(&f, "zone_depth", 0, 4);
				f.scale.fact[feature_index("outage_s")].known = false;
				f.scale.fact[feature_index("services_down")].known = false;
			}
			b = compute(&f, false, 0);
			for (uint32_t i = 0; i < b.n; i++) {
				if (b.party[i].lo != 0 || b.party[i].hi > at("B2"))
					fail_msg("%s alone: %s %u to %u", effects.effect[e].name, b.party[i].party->id, b.party[i].lo, b.party[i].hi);
			}
		}
}

static void
second_evidence(void **state)
{
	struct facts f;

	quiet_facts(&f);
	effect(&f, "intrusion");
	effect(&f, "c2");
	value(&f, "sign_kinds", 1, 1); /* both in one flow */
	struct bands b = compute(&f, false, 0);
	expect_band(&b, "JP", "B0", "B2");
	value(&f, "sign_kinds", 2, 2);
	b = compute(&f, false, 0);
	expect_band(&b, "JP", "B1", "B2");
	value(&f, "sign_kinds", 1, 1);
	value(&f, "calls_out", 5, 5);
	b = compute(&f, false, 0);
	expect_band(&b, "US", "B1", "B2");
}

/* ---- divergences of the positions ---- */

/* D1: silent intrusion, data theft, no function lost. */
static void
theft(struct facts *f)
{
	quiet_facts(f);
	effect(f, "intrusion");
	effect(f, "c2");
	effect(f, "exfiltration");
	value(f, "sign_kinds", 3, 3);
	value(f, "bytes_out", 5e8, 6e8);
	value(f, "criticality", 2, 2);
	value(f, "function_loss_h", 0, 0);
}

static void
silent_intrusion(void **state)
{
	struct facts f;

	theft(&f);
	struct bands b = compute(&f, false, 0);
	expect_band(&b, "US", "B1", "B2");
	expect_band(&b, "JP", "B1", "B2");
	expect_band(&b, "NATO", "B1", "B2");
	for (uint32_t i = 0; i < packs.n_human; i++) /* nothing more, as people say */
		value(&f, packs.human[i].name, 0, 0);
	b = compute(&f, false, 0);
	expect_band(&b, "FR", "B2", "B2");
	expect_band(&b, "UK", "B1", "B1");
	static const char *const others[] = { "US", "JP", "DE", "NZ", "CA" };
	for (size_t i = 0; i < 5; i++)
		expect_band(&b, others[i], "B1", "B2");
}

/* D2: hospital, encryption, services down, no harm to persons. */
static void
hospital(struct facts *f)
{
	quiet_facts(f);
	asset.sector = "health";
	effect(f, "intrusion");
	effect(f, "destruction");
	value(f, "sign_kinds", 2, 2);
	value(f, "criticality", 3, 3);
	value(f, "services_down", 2, 2);
	value(f, "outage_s", 7200, 7200);
	value(f, "function_loss_h", 6, 10);
	value(f, "people_without_service", 0, 0);
	value(f, "economic_loss_musd", 0, 5);
	no_physical_harm(f);
}

static void
hospital_down(void **state)
{
	struct facts f;

	hospital(&f);
	struct bands b = compute(&f, false, 0);
	expect_band(&b, "US", "B1", "B3");
	expect_band(&b, "JP", "B2", "B3");
	expect_band(&b, "NATO", "B2", "B3");
	static const char *const others[] = { "DE", "CA", "NL" };
	for (size_t i = 0; i < 3; i++)
		expect_band(&b, others[i], "B2", "B3");
	expect_band(&b, "UK", "B1", "B3"); /* B3 only if coercive */
	value(&f, "coercion", 0, 0);
	value(&f, "state_function", 0, 0);
	value(&f, "host_state_passive", 0, 0);
	b = compute(&f, false, 0);
	expect_band(&b, "UK", "B1", "B1");
}

/* D3: physical damage to plant, no injury. */
static void
plant(struct facts *f)
{
	quiet_facts(f);
	effect(f, "ot-control");
	effect(f, "intrusion");
	value(f, "sign_kinds", 2, 2);
	value(f, "ot_controls", 50, 50);
	value(f, "criticality", 3, 3);
	value(f, "zone_depth", 3, 3);
	value(f, "physical_damage", 2, 2);
	value(f, "injuries", 0, 0);
	value(f, "deaths", 0, 0);
	value(f, "economic_loss_musd", 0, 10);
	value(f, "people_without_service", 0, 0);
	value(f, "function_loss_h", 1, 5);
}

static void
plant_damaged(void **state)
{
	struct facts f;

	plant(&f);
	struct bands b = compute(&f, true, 0);
	expect_band(&b, "US", "B4", "B5");
	expect_band(&b, "JP", "B4", "B4");
	expect_band(&b, "NATO", "B4", "B5");
	expect_band(&b, "DE", "B4", "B4");
	expect_band(&b, "NL", "B4", "B4");
	expect_band(&b, "FR", "B4", "B5"); /* if considerable */
	value(&f, "physical_damage", 3, 3); /* only the gravest */
	b = compute(&f, true, 0);
	expect_band(&b, "JP", "B5", "B5");
	f.human[0].known = false;
	value(&f, "physical_damage", 2, 2);
	b = compute(&f, true, 0); /* deaths not told: the gravest is not excluded */
	assert_string_equal(packs.human[0].name, "deaths");
	expect_band(&b, "JP", "B4", "B5");
}

/* D4: national payment system down for days, no physical effect. */
static void
payments(struct facts *f)
{
	quiet_facts(f);
	asset.sector = "finance";
	effect(f, "denial");
	value(f, "duration_s", 3 * 86400, 3 * 86400);
	value(f, "criticality", 3, 3);
	value(f, "outage_s", 3 * 86400, 3 * 86400);
	value(f, "function_loss_h", 72, 72);
	value(f, "people_without_service", 5e6, 5e7);
	value(f, "economic_loss_musd", 2000, 5000);
	no_physical_harm(f);
}

static void
payments_down(void **state)
{
	struct facts f;

	payments(&f);
	struct bands b = compute(&f, true, 0);
	expect_band(&b, "US", "B3", "B3");
	expect_band(&b, "JP", "B3", "B3");
	expect_band(&b, "NATO", "B3", "B4");
	expect_band(&b, "NL", "B3", "B5");
	expect_band(&b, "FR", "B3", "B5");
	expect_band(&b, "UK", "B3", "B3");
}

/* D5: forty operations in a year, each wrongful at most. */
static void
accumulation(void **state)
{
	struct facts f;

	quiet_facts(&f);
	effect(&f, "denial");
	value(&f, "criticality", 2, 2);
	value(&f, "duration_s", 600, 600);
	value(&f, "outage_s", 600, 600);
	value(&f, "state_function", 0, 0);
	value(&f, "coercion", 0, 0);
	value(&f, "people_without_service", 0, 0);
	value(&f, "economic_loss_musd", 0, 0);
	no_physical_harm(&f);
	struct bands alone = compute(&f, false, 0);
	expect_band(&alone, "NATO", "B1", "B3");
	struct bands few = compute(&f, false, 2), many = compute(&f, false, 39);
	expect_band(&few, "NATO", "B1", "B4");
	expect_band(&many, "NATO", "B1", "B5");
	assert_true(band_of_party(&many, "NATO")->raised);
	expect_band(&many, "FR", "B1", "B5");
	for (uint32_t i = 0; i < many.n; i++)
		assert_int_equal(many.party[i].raised, strcmp(many.party[i].party->id, "NATO") == 0 || strcmp(many.party[i].party->id, "FR") == 0);
	assert_int_equal(band_of_party(&many, "US")->hi, band_of_party(&alone, "US")->hi);
	assert_int_equal(band_of_party(&many, "JP")->hi, band_of_party(&alone, "JP")->hi);
	f.circumstance = "peacetime";
	struct bands peace = compute(&f, false, 39);
	expect_band(&peace, "NATO", "B1", "B3");
	f.circumstance = "gray-zone";
	peace = compute(&f, false, 39);
	expect_band(&peace, "NATO", "B1", "B5");
}

/* What was only blocked, and what is destroyed on a few systems, is no breach for certain; a day of it, or many, is for those who hold the rule. */
static void
how_much_is_negligible(void **state)
{
	struct facts f;

	quiet_facts(&f);
	effect(&f, "denial");
	value(&f, "criticality", 3, 3);
	value(&f, "function_loss_h", 2, 6);
	value(&f, "effects_confirmed", 1, 1);
	no_physical_harm(&f);
	struct bands b = compute(&f, false, 0);
	expect_band(&b, "DE", "B1", "B3");
	expect_band(&b, "UK", "B1", "B3");
	value(&f, "function_loss_h", 30, 60);
	b = compute(&f, false, 0);
	expect_band(&b, "DE", "B2", "B3");
	quiet_facts(&f);
	effect(&f, "destruction");
	value(&f, "criticality", 1, 1);
	value(&f, "effects_confirmed", 1, 1);
	value(&f, "function_loss_h", 2, 6);
	value(&f, "systems_lost", 1, 20);
	value(&f, "state_function", 0, 0);
	value(&f, "coercion", 0, 0);
	value(&f, "people_without_service", 0, 0);
	value(&f, "economic_loss_musd", 0, 0);
	no_physical_harm(&f);
	b = compute(&f, false, 0);
	expect_band(&b, "DE", "B1", "B2");
	expect_band(&b, "FR", "B2", "B2");
	expect_band(&b, "UK", "B1", "B1");
	value(&f, "systems_lost", 300, 20000);
	b = compute(&f, false, 0);
	expect_band(&b, "DE", "B2", "B2");
	expect_band(&b, "US", "B1", "B2");
	expect_band(&b, "UK", "B1", "B1");
}

static bool
raised_for(const char *instrument, const struct assessment *x)
{
	for (uint32_t i = 0; i < packs.n_instruments; i++)
		if (strcmp(packs.instrument[i].id, instrument) == 0)
			return instrument_fits(&packs, &packs.instrument[i], x);
	fail_msg("no instrument %s", instrument);
	return false;
}

/* D6: the same harm in another territory is another treaty's business. */
static void
territories(void **state)
{
	struct assessment x = { .i = &incident, .confirmed = true };

	plant(&x.facts);
	value(&x.facts, "physical_damage", 3, 3);
	asset.owner = asset.territory = "US";
	x.bands = compute(&x.facts, true, 0);
	assert_false(raised_for("us-jp-treaty-1960.V", &x));
	assert_true(raised_for("jp-stsi.candidate", &x));
	assert_false(raised_for("jp-aas.candidate", &x));
	assert_true(raised_for("nato-5", &x));
	assert_false(raised_for("us-rok-1953.III", &x));
	assert_false(raised_for("anzus-1951.IV", &x));
	assert_true(raised_for("un-51", &x));
	asset.owner = asset.territory = "JP";
	assert_true(raised_for("us-jp-treaty-1960.V", &x));
	assert_true(raised_for("jp-aas.candidate", &x));
	assert_false(raised_for("jp-stsi.candidate", &x));
	assert_false(raised_for("nato-5", &x));
}

static void
code(const char *party, const char *key, const char *want)
{
	const struct party *p = packs_party(&packs, party);

	assert_non_null(p);
	for (uint32_t i = 0; i < p->n_pos; i++)
		if (strcmp(p->pos[i].key, key) == 0) {
			assert_string_equal(p->pos[i].code, want);
			return;
		}
	fail_msg("%s says nothing of %s", party, key);
}

/* D7, D9, D10: what the published positions say beside the ladder. */
static void
positions(void **state)
{
	code("EE", "cm_collective", "yes");
	code("PL", "cm_collective", "yes");
	code("NZ", "cm_collective", "open");
	code("UK", "cm_collective", "open");
	code("FR", "cm_collective", "no");
	code("CA", "cm_collective", "not-established");
	static const char *const silent[] = { "US", "JP", "DE", "AU", "IT" };
	for (size_t i = 0; i < 5; i++)
		code(silent[i], "cm_collective", "not-stated");
	static const char *const non_state[] = { "US", "DE", "AU", "UK", "JP" };
	for (size_t i = 0; i < 5; i++)
		code(non_state[i], "sd_nonstate", "yes");
	code("FR", "sd_nonstate", "restricted");
	static const char *const relaxed[] = { "US", "UK", "CA" }, *const urgent[] = { "FR", "DE", "NL" };
	for (size_t i = 0; i < 3; i++) {
		code(relaxed[i], "cm_notice", "not-if-it-defeats");
		code(urgent[i], "cm_notice", "waivable-urgent");
	}
}

/* D8: a gang, and a State that was told and does nothing. */
static void
passive_host(void **state)
{
	struct facts f;

	quiet_facts(&f);
	for (uint32_t i = 0; i < packs.n_human; i++)
		value(&f, packs.human[i].name, 0, 0);
	effect(&f, "c2");
	value(&f, "host_state_passive", 1, 1);
	struct bands b = compute(&f, false, 0);
	static const char *const duty[] = { "JP", "DE", "FR", "NL", "EE", "AU", "IT" }, *const none[] = { "US", "UK", "NZ", "CA" };
	for (size_t i = 0; i < 7; i++)
		expect_band(&b, duty[i], "B1", "B2");
	for (size_t i = 0; i < 4; i++)
		expect_band(&b, none[i], "B1", "B1");
}

/* What nobody has read or published is wide, and no neighbour's value. */
static void
unread_positions(void **state)
{
	struct facts f;
	static const char *const unread[] = { "KR", "TW", "IN" };

	plant(&f);
	struct bands b = compute(&f, true, 0);
	for (size_t i = 0; i < 3; i++) {
		expect_band(&b, unread[i], "B0", "B5");
		assert_true(band_of_party(&b, unread[i])->widened);
		assert_non_null(band_of_party(&b, unread[i])->party->unread);
	}
	quiet_facts(&f);
	effect(&f, "scan");
	b = compute(&f, false, 0);
	expect_band(&b, "TW", "B0", "B0");
}

static void
divergence_names_positions(void **state)
{
	struct facts f;
	static struct divergence v[512];
	uint32_t n;
	bool found = false;

	plant(&f);
	struct bands b = compute(&f, true, 0);
	n = bands_divergence(&packs, &b, v, 512);
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(v[i].a->party->id, "US") == 0 && strcmp(v[i].b->party->id, "JP") == 0) {
			found = true;
			assert_int_equal(v[i].hi, 1);
			assert_string_equal(v[i].condition->id, "physical-harm");
			assert_string_equal(v[i].condition->because, "aa_gap");
		}
	assert_true(found);
	payments(&f);
	b = compute(&f, true, 0);
	n = bands_divergence(&packs, &b, v, 512);
	found = false;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(v[i].a->party->id, "NATO") == 0 && strcmp(v[i].b->party->id, "JP") == 0) {
			found = true;
			assert_string_equal(v[i].condition->id, "national-service-lost");
			assert_string_equal(v[i].condition->because, "aa_gap");
		}
	assert_true(found);
}

/* ---- properties ---- */

static void
never_lower(const struct bands *x, const struct bands *y, const char *what)
{
	for (uint32_t i = 0; i < x->n; i++)
		if (y->party[i].lo < x->party[i].lo || y->party[i].hi < x->party[i].hi || y->party[i].likely < x->party[i].likely)
			fail_msg("%s: %s %u %u %u became %u %u %u", what, x->party[i].party->id, x->party[i].lo, x->party[i].likely, x->party[i].hi,
			    y->party[i].lo, y->party[i].likely, y->party[i].hi);
}

static void
more_harm_never_lowers(void **state)
{
	seed = 20260101;
	for (int n = 0; n < 12000; n++) {
		struct facts f, more;
		bool confirmed = rnd(2);
		uint32_t linked = rnd(3) * 8;
		random_facts(&f);
		more = with_more_harm(&f);
		struct bands b = compute(&f, confirmed, linked), c = compute(&more, confirmed, linked + rnd(20));
		never_lower(&b, &c, "more harm");
	}
}

/* The order of packs, conditions and parties is nobody's business: the same intervals come out of any. */
static void
shuffle(void *base, size_t n, size_t size)
{
	char *b = base, *room = malloc(size);

	assert_non_null(room);
	for (size_t i = n; i > 1; i--) {
		size_t k = rnd((uint32_t) i);
		memcpy(room, b + (i - 1) * size, size);
		memcpy(b + (i - 1) * size, b + k * size, size);
		memcpy(b + k * size, room, size);
	}
	free(room);
}

static void
order_changes_nothing(void **state)
{
	struct packs other = packs;

	other.party = calloc(packs.n_parties, sizeof(*other.party));
	assert_non_null(other.party);
	memcpy(other.party, packs.party, packs.n_parties * sizeof(*other.party));
	seed = 815;
	for (int n = 0; n < 12000; n++) {
		struct facts f;
		struct bands b, c;
		bool confirmed = rnd(2);
		uint32_t linked = rnd(30);
		random_facts(&f);
		shuffle(other.party, other.n_parties, sizeof(*other.party));
		shuffle(other.ceiling, other.n_ceilings, sizeof(other.ceiling[0]));
		shuffle(other.common, other.n_common, sizeof(other.common[0]));
		uint32_t k = rnd(other.n_parties);
		shuffle(other.party[k].cond, other.party[k].n_cond, sizeof(other.party[k].cond[0]));
		shuffle(other.party[k].actor, other.party[k].n_actor, sizeof(other.party[k].actor[0]));
		b = compute(&f, confirmed, linked);
		bands_compute(&other, &(struct bands_in) { &f, confirmed, linked }, &c);
		assert_int_equal(b.ceiling, c.ceiling);
		assert_int_equal(b.effects_lo, c.effects_lo);
		assert_int_equal(b.effects_hi, c.effects_hi);
		for (uint32_t i = 0; i < b.n; i++) {
			const struct party_band *x = &b.party[i], *y = band_of_party(&c, x->party->id);
			assert_true(x->lo == y->lo && x->likely == y->likely && x->hi == y->hi);
		}
	}
	free(other.party);
}

/* D8, D9: what a person says is the work of a gang is crime, unless the host State is passive, or the attack of the gravest. */
static void
other_actors(void **state)
{
	struct facts f;

	hospital(&f);
	f.actor = "non-state";
	struct bands b = compute(&f, true, 0);
	expect_band(&b, "JP", "B0", "B1");
	expect_band(&b, "US", "B0", "B1");
	value(&f, "host_state_passive", 0, 1); /* said to be possible */
	b = compute(&f, true, 0);
	expect_band(&b, "DE", "B0", "B2");
	expect_band(&b, "UK", "B0", "B1");
	value(&f, "host_state_passive", 1, 1);
	b = compute(&f, true, 0);
	static const char *const duty[] = { "JP", "DE", "FR", "NL", "EE", "AU", "IT" }, *const none[] = { "US", "UK", "NZ", "CA" };
	for (size_t i = 0; i < 7; i++)
		expect_band(&b, duty[i], "B1", "B2");
	for (size_t i = 0; i < 4; i++)
		expect_band(&b, none[i], "B1", "B1");
	plant(&f);
	value(&f, "deaths", 20, 30);
	value(&f, "physical_damage", 3, 3);
	f.actor = "non-state";
	b = compute(&f, true, 0);
	static const char *const defend[] = { "US", "DE", "AU", "UK", "JP" };
	for (size_t i = 0; i < 5; i++)
		expect_band(&b, defend[i], "B1", "B5");
	expect_band(&b, "FR", "B0", "B5"); /* not told whether it is like a State */
	value(&f, "actor_quasi_state", 0, 0);
	b = compute(&f, true, 0);
	expect_band(&b, "FR", "B0", "B1");
	expect_band(&b, "US", "B1", "B5");
	f.actor = "state";
	b = compute(&f, true, 0);
	expect_band(&b, "FR", "B5", "B5");
}

/* What is told can only narrow: every band of a told value lies inside what unknown allowed below the ceiling, and unknown
 * never counts as zero. */
static void
unknown_is_not_zero(void **state)
{
	uint32_t differ = 0;

	seed = 4711;
	for (int n = 0; n < 12000; n++) {
		struct facts unknown, zero;
		uint32_t k = rnd(packs.n_human);
		random_facts(&unknown);
		unknown.human[k].known = false;
		zero = unknown;
		value(&zero, packs.human[k].name, 0, 0);
		struct bands u = compute(&unknown, true, 0), z = compute(&zero, true, 0);
		for (uint32_t i = 0; i < u.n; i++) {
			assert_true(u.party[i].hi >= z.party[i].hi);
			assert_int_equal(u.party[i].lo, z.party[i].lo);
			differ += u.party[i].hi > z.party[i].hi;
		}
	}
	assert_true(differ > 10);
	struct facts f; /* one that matters surely */
	plant(&f);
	struct bands z = compute(&f, true, 0);
	memset(f.human, 0, sizeof(f.human));
	struct bands u = compute(&f, true, 0);
	assert_true(band_of_party(&u, "JP")->hi > band_of_party(&z, "JP")->hi);
}

static void
caps_and_ceilings(void **state)
{
	seed = 99;
	for (int n = 0; n < 10000; n++) {
		struct facts f;
		random_facts(&f);
		struct bands b = compute(&f, false, rnd(2) * 20);
		for (uint32_t i = 0; i < b.n; i++) {
			const struct party_band *x = &b.party[i];
			assert_true(x->lo <= packs.assert_cap);
			assert_true(x->lo <= x->likely && x->likely <= x->hi && x->hi < packs.n_bands);
		}
		/* nothing told, nothing certain: not above the ceiling */
		memset(f.human, 0, sizeof(f.human));
		b = compute(&f, false, 0);
		for (uint32_t i = 0; i < b.n; i++) {
			uint8_t top = b.ceiling;
			for (uint32_t c = 0; c < b.party[i].party->n_cond; c++)
				if (b.party[i].yes >> c & 1 && b.party[i].party->cond[c].upto > top)
					top = b.party[i].party->cond[c].upto;
			assert_true(b.party[i].hi <= top);
		}
	}
	struct facts f;
	quiet_facts(&f);
	effect(&f, "scan");
	struct bands b = compute(&f, false, 0);
	for (uint32_t i = 0; i < b.n; i++)
		assert_int_equal(b.party[i].hi, 0);
	plant(&f);
	b = compute(&f, false, 0);
	assert_true(band_of_party(&b, "JP")->capped);
	assert_int_equal(band_of_party(&b, "JP")->lo, packs.assert_cap);
	assert_int_equal(band_of_party(&b, "JP")->hi, at("B4"));
}

static void
low_coverage_widens(void **state)
{
	struct facts f;

	hospital(&f);
	struct bands seen = compute(&f, false, 0);
	f.scale.coverage = 0.3;
	struct bands blind = compute(&f, false, 0);
	expect_band(&seen, "JP", "B2", "B3");
	expect_band(&blind, "JP", "B1", "B4");
	assert_true(band_of_party(&blind, "JP")->widened);
	quiet_facts(&f); /* not seeing much does not make the impossible possible */
	effect(&f, "scan");
	f.scale.coverage = 0.3;
	blind = compute(&f, false, 0);
	assert_int_equal(band_of_party(&blind, "JP")->hi, 0);
}

static void
changes_are_true(void **state)
{
	struct facts f;

	hospital(&f);
	for (uint32_t i = 0; i < packs.n_human; i++)
		if (strcmp(packs.human[i].name, "coercion") != 0 && strcmp(packs.human[i].name, "state_function") != 0 && !f.human[i].known)
			value(&f, packs.human[i].name, 0, 0);
	struct bands_in in = { &f, true, 0 };
	struct bands b;
	bands_compute(&packs, &in, &b);
	bands_changes(&packs, &in, &b);
	const struct party_band *us = band_of_party(&b, "US");
	assert_true(us->n_changes > 0);
	for (uint8_t k = 0; k < us->n_changes; k++) {
		struct facts g = f;
		const struct change *c = &us->change[k];
		assert_true(c->lo != us->lo || c->hi != us->hi);
		for (uint8_t m = 0; m < c->n; m++)
			if (!(c->fact[m] & CHANGE_FEATURE))
				value(&g, packs.human[c->fact[m]].name, c->present[m] ? 1e12 : 0, c->present[m] ? 1e12 : 0);
		struct bands t = compute(&g, true, 0);
		if (!((c->fact[0] | c->fact[1]) & CHANGE_FEATURE)) {
			assert_int_equal(band_of_party(&t, "US")->lo, c->lo);
			assert_int_equal(band_of_party(&t, "US")->hi, c->hi);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_signature),
		cmocka_unit_test(second_evidence),
		cmocka_unit_test(silent_intrusion),
		cmocka_unit_test(hospital_down),
		cmocka_unit_test(plant_damaged),
		cmocka_unit_test(payments_down),
		cmocka_unit_test(accumulation),
		cmocka_unit_test(how_much_is_negligible),
		cmocka_unit_test(territories),
		cmocka_unit_test(positions),
		cmocka_unit_test(passive_host),
		cmocka_unit_test(unread_positions),
		cmocka_unit_test(divergence_names_positions),
		cmocka_unit_test(more_harm_never_lowers),
		cmocka_unit_test(order_changes_nothing),
		cmocka_unit_test(other_actors),
		cmocka_unit_test(unknown_is_not_zero),
		cmocka_unit_test(caps_and_ceilings),
		cmocka_unit_test(low_coverage_widens),
		cmocka_unit_test(changes_are_true),
	};

	return cmocka_run_group_tests(tests, law_setup, law_teardown);
}
