/*
 * law - what the tests of legal/ share: the shipped packs, and facts made by hand.
 */
#ifndef TESTS_LAW_H
#define TESTS_LAW_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "pipeline/legal/document.h"

static struct diag d;
static struct effects effects;
static struct packs packs;
static struct incident incident;
static struct asset asset;

static inline const char *
source_path(const char *name)
{
	static char path[4][1024];
	static unsigned at;
	const char *top = getenv("top_srcdir");

	at = (at + 1) % 4;
	snprintf(path[at], sizeof(path[at]), "%s/%s", top ? top : ".", name);
	return path[at];
}

static inline int
law_setup(void **state)
{
	diag_init(&d, 0);
	if (effects_read(&effects, source_path("rules/effects.yaml"), &d) < 0 || packs_read(&packs, source_path("rules/policy"), &effects, &d) < 0) {
		diag_print(&d, stderr);
		return -1;
	}
	return 0;
}

static inline int
law_teardown(void **state)
{
	packs_clear(&packs);
	effects_clear(&effects);
	diag_clear(&d);
	return 0;
}

static inline void
value(struct facts *f, const char *name, double lo, double hi)
{
	struct fact x = { .lo = lo, .likely = (lo + hi) / 2, .hi = hi, .known = true, .method = "test" };
	int k = feature_index(name);

	if (k >= 0) {
		f->scale.fact[k] = x;
		return;
	}
	for (uint32_t i = 0; i < packs.n_human; i++)
		if (strcmp(packs.human[i].name, name) == 0) {
			f->human[i] = x;
			return;
		}
	fail_msg("no fact %s", name);
}

/* Everything a sensor measures is 0 and certain, one listed civil asset; what people tell is unknown. */
static inline void
quiet_facts(struct facts *f)
{
	memset(f, 0, sizeof(*f));
	memset(&incident, 0, sizeof(incident));
	asset = (struct asset) { .name = "a", .owner = "JP", .territory = "JP", .sector = "energy", .class = "civil" };
	incident.assets[0] = &asset;
	incident.n_assets = 1;
	f->incident = &incident;
	f->scale.coverage = 1;
	f->scale.coverage_why = "no loss known";
	for (unsigned i = 0; i < feature_table_n && i < FEATURES_MAX; i++)
		value(f, feature_table[i]->name, 0, 0);
}

static inline void
effect(struct facts *f, const char *name)
{
	const struct effect *e = effects_find(&effects, name);

	assert_non_null(e);
	f->effects |= 1u << e->index;
}

/* People say that there was no harm to persons or things. */
static inline void
no_physical_harm(struct facts *f)
{
	value(f, "deaths", 0, 0);
	value(f, "injuries", 0, 0);
	value(f, "physical_damage", 0, 0);
}

static inline const struct party_band *
band_of_party(const struct bands *b, const char *id)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (strcmp(b->party[i].party->id, id) == 0)
			return &b->party[i];
	fail_msg("no party %s", id);
	return NULL;
}

static inline void
expect_band(const struct bands *b, const char *id, const char *lo, const char *hi)
{
	const struct party_band *x = band_of_party(b, id);

	if (strcmp(packs.band[x->lo].id, lo) != 0 || strcmp(packs.band[x->hi].id, hi) != 0)
		fail_msg("%s: %s to %s, expected %s to %s", id, packs.band[x->lo].id, packs.band[x->hi].id, lo, hi);
}

/* ---- random facts for properties ---- */

static uint64_t seed;

static inline uint32_t
rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t) (seed >> 11) % n;
}

static const double amounts[] = { 0, 1, 2, 3, 10, 40, 60, 300, 3600, 20000, 1e5, 1e6, 1e8 };

static inline struct fact
random_fact(void)
{
	struct fact x = { .known = rnd(4) != 0, .method = "test" };
	double a = amounts[rnd(13)], b = amounts[rnd(13)];

	x.lo = a < b ? a : b;
	x.hi = rnd(2) ? x.lo : a < b ? b : a;
	x.likely = x.lo + (x.hi - x.lo) * rnd(5) / 4;
	return x;
}

static inline void
random_facts(struct facts *f)
{
	quiet_facts(f);
	f->effects = rnd(1u << effects.n) & rnd(1u << effects.n);
	for (unsigned i = 0; i < feature_table_n; i++)
		f->scale.fact[i] = random_fact();
	for (uint32_t i = 0; i < packs.n_human; i++)
		f->human[i] = random_fact();
	f->scale.coverage = rnd(3) ? 1 : 0.3;
	incident.unlisted = rnd(2);
	f->actor = rnd(2) ? packs.actors[rnd(packs.n_actors)] : NULL;
	f->circumstance = rnd(2) ? packs.circumstances[rnd(packs.n_circumstances)] : NULL;
}

/* Another effect, and up to three known facts larger. */
static inline struct facts
with_more_harm(const struct facts *f)
{
	struct facts more = *f;

	more.effects |= 1u << rnd(effects.n);
	for (int k = 0; k < 3; k++) {
		struct fact *x = rnd(2) ? &more.human[rnd(packs.n_human)] : &more.scale.fact[rnd(feature_table_n)];
		double by = amounts[rnd(13)];
		if (!x->known)
			continue;
		x->lo += by;
		x->likely += by;
		x->hi += by;
	}
	return more;
}

#endif
