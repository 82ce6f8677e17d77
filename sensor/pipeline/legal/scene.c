#include "pipeline/legal/scene.h"

#include <stdlib.h>

int
scene_init(struct scene *s, const struct packs *p, const struct effects *e, const struct inventory *inv)
{
	memset(s, 0, sizeof(*s));
	s->i = calloc(1, sizeof(*s->i));
	if (!s->i)
		return E_NOMEM;
	s->packs = p;
	s->effects = e;
	s->inv = inv;
	s->a.i = s->i;
	s->a.facts.incident = s->i;
	s->a.facts.scale.coverage = 1;
	s->a.facts.scale.coverage_why = "as told";
	return 0;
}

void
scene_clear(struct scene *s)
{
	free(s->i);
	memset(s, 0, sizeof(*s));
}

void
scene_touch(struct scene *s, const struct asset *a)
{
	for (uint32_t k = 0; k < s->i->n_assets; k++)
		if (s->i->assets[k] == a)
			return;
	if (s->i->n_assets < INCIDENT_ASSETS)
		s->i->assets[s->i->n_assets++] = a;
}

void
scene_effects(struct scene *s, uint32_t effects, int64_t at)
{
	for (uint8_t k = 0; k < s->effects->n; k++) {
		if (!(effects >> k & 1))
			continue;
		if (!(s->i->effects >> k & 1))
			s->i->effect_first[k] = at;
		s->i->effect_last[k] = at;
	}
	s->i->effects |= effects;
	s->a.facts.effects = s->i->effects;
}

struct fact *
scene_fact(struct scene *s, const char *name)
{
	int k = feature_index(name);

	if (k >= 0)
		return &s->a.facts.scale.fact[k];
	for (uint32_t h = 0; h < s->packs->n_human; h++)
		if (strcmp(s->packs->human[h].name, name) == 0)
			return &s->a.facts.human[h];
	return NULL;
}

/* What follows from the assets, anew whenever more of them may have been touched; what was told stays. */
static void
measure_assets(struct scene *s, int64_t at)
{
	struct assess_coverage cov = { .sampling = 1 };
	struct scale_in in = { s->i, s->inv, NULL, &cov, at, s->effects, 0 };

	for (unsigned k = 0; k < feature_table_n && k < FEATURES_MAX; k++) {
		struct fact *f = &s->a.facts.scale.fact[k];
		if (!feature_table[k]->of_assets || (f->known && !(s->derived >> k & 1)))
			continue;
		memset(f, 0, sizeof(*f));
		feature_table[k]->measure(&in, f);
		s->derived |= UINT64_C(1) << k;
	}
}

void
scene_assess(struct scene *s, int64_t at)
{
	struct bands_in in = { &s->a.facts, s->a.confirmed, s->a.linked };

	measure_assets(s, at);
	if (!s->i->first || at < s->i->first)
		s->i->first = at;
	if (at > s->i->last)
		s->i->last = at;
	bands_compute(s->packs, &in, &s->a.bands);
	bands_changes(s->packs, &in, &s->a.bands);
	s->a.at = at;
	s->a.revision = ++s->i->revision;
}
