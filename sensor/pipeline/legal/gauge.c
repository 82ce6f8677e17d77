#include "pipeline/legal/gauge.h"

#include "pipeline/legal/bands.h"
#include "pipeline/legal/pack_private.h"

#define STEPS_MAX 64

/* ---- reading ---- */

static void
read_step(struct pack_reader *r, const struct yaml *y, struct gauge_step *s)
{
	static const char *const keys[] = { "value", "when", "band", "say", NULL };

	yaml_only(y, keys, r->d);
	if (yaml_get(y, "value"))
		yaml_f64(yaml_get(y, "value"), &s->value, r->d);
	else
		yaml_error(y, r->d, "value: a number was expected");
	if (!yaml_get(y, "when"))
		yaml_error(y, r->d, "when is missing");
	s->when = pack_expr(r, yaml_get(y, "when"));
	s->band = (uint8_t) pack_band(r, y, "band", false, 0);
	s->say = pack_text(r, y, "say", false);
}

static void
read_steps(struct pack_reader *r, const struct yaml *list, struct gauge *g)
{
	struct gauge_step *s;

	if (!list)
		return;
	if (list->kind != YAML_LIST || list->n > STEPS_MAX) {
		yaml_error(list, r->d, "steps: a list of at most %d steps such as { value: 3, when: { outage_s: \">= 60\" } } was expected", STEPS_MAX);
		return;
	}
	g->step = s = arena_zalloc(r->arena, list->n * sizeof(*s) + 1);
	yaml_each(y, list) if (s) read_step(r, y, &s[g->n_steps++]);
}

static void
read_number(struct pack_reader *r, const struct yaml *map, const char *key, double *out)
{
	if (yaml_get(map, key))
		yaml_f64(yaml_get(map, key), out, r->d);
}

static void
read_gauge(struct pack_reader *r, const struct yaml *y, struct gauge *g)
{
	static const char *const keys[] = { "id", "title", "say", "person", "base", "top", "weight", "needs", "otherwise", "steps", "sources", NULL };
	static const char *const needs[] = { "attribution", "actor", "circumstance", NULL };
	const struct yaml *n = yaml_get(y, "needs");

	yaml_only(y, keys, r->d);
	*g = (struct gauge) { .id = pack_text(r, y, "id", true), .title = pack_text(r, y, "title", true), .say = pack_text(r, y, "say", false),
		.person = pack_text(r, y, "person", false), .top = 10, .weight = 1 };
	read_number(r, y, "base", &g->base);
	read_number(r, y, "top", &g->top);
	read_number(r, y, "weight", &g->weight);
	g->has_otherwise = yaml_get(y, "otherwise") && yaml_f64(yaml_get(y, "otherwise"), &g->otherwise, r->d) == 0;
	for (size_t i = 0; n && n->text && needs[i]; i++)
		if (strcmp(needs[i], n->text) == 0)
			g->needs = needs[i];
	if (n && !g->needs)
		yaml_error(n, r->d, "needs: attribution, actor or circumstance was expected");
	if (g->top < g->base)
		yaml_error(y, r->d, "top is below base");
	read_steps(r, yaml_get(y, "steps"), g);
	for (uint32_t i = 0; i < g->n_steps; i++)
		if (g->step[i].value < g->base || g->step[i].value > g->top)
			yaml_error(yaml_get(y, "steps"), r->d, "step %u: a value from base to top (%g to %g) was expected", i + 1, g->base, g->top);
	pack_cites(r, y, g->cite, &g->n_cite);
}

static struct gauge *
read_gauges(struct pack_reader *r, const struct yaml *list, uint32_t *n)
{
	struct gauge *g = arena_zalloc(r->arena, (list ? list->n : 0) * sizeof(*g) + 1);

	*n = 0;
	if (list && list->kind != YAML_LIST) {
		yaml_error(list, r->d, "a list was expected");
		return g;
	}
	yaml_each(y, list)
	{
		if (!g)
			break;
		read_gauge(r, y, &g[(*n)++]);
		pack_unique(r, y, "gauge", g, *n, sizeof(*g));
	}
	return g;
}

void
gauges_read_factors(struct pack_reader *r, const struct yaml *root)
{
	static const char *const keys[] = { "kind", "id", "version", "note", "factors", NULL };

	yaml_only(root, keys, r->d);
	r->p->factor = read_gauges(r, yaml_get(root, "factors"), &r->p->n_factors);
}

static int
level_of(struct pack_reader *r, const struct yaml *y, const struct severity_scale *s)
{
	for (uint32_t i = 0; y && y->text && i < s->n_levels; i++)
		if (s->level[i].name && strcmp(s->level[i].name, y->text) == 0)
			return (int) i;
	if (y)
		yaml_error(y, r->d, "\"%s\" is not one of the scale's levels", y->text ? y->text : "");
	return 0;
}

static void
read_levels(struct pack_reader *r, const struct yaml *map, struct severity_scale *s)
{
	static const char *const keys[] = { "name", "from", NULL };
	const struct yaml *list = yaml_get(map, "levels");

	if (!list || list->kind != YAML_LIST || list->n < 2 || list->n > LEVELS_MAX) {
		yaml_error(list ? list : map, r->d, "levels: a list of 2 to %d levels, the least severe first, was expected", LEVELS_MAX);
		return;
	}
	yaml_each(y, list)
	{
		struct severity_level *l = &s->level[s->n_levels++];
		if (y->kind == YAML_SCALAR) {
			l->name = arena_strdup(r->arena, y->text);
			continue;
		}
		yaml_only(y, keys, r->d);
		l->name = pack_text(r, y, "name", true);
		read_number(r, y, "from", &l->from);
		if (s->n_levels > 1 && l->from < l[-1].from)
			yaml_error(y, r->d, "from: at least %g was expected, levels stand from the least severe on", l[-1].from);
	}
}

/* by_band: { B0: [least, most], ... } for every band of the ladder. */
static void
read_by_band(struct pack_reader *r, const struct yaml *map, struct severity_scale *s)
{
	s->by_band = map != NULL;
	for (uint32_t b = 0; map && b < r->p->n_bands; b++) {
		const struct yaml *y = r->p->band[b].id ? yaml_get(map, r->p->band[b].id) : NULL;
		if (!y || y->kind != YAML_LIST || y->n != 2) {
			yaml_error(y ? y : map, r->d, "by_band: two levels for %s were expected, the less severe first", r->p->band[b].id ? r->p->band[b].id : "each band");
			continue;
		}
		s->band_lo[b] = (uint8_t) level_of(r, y->child, s);
		s->band_hi[b] = (uint8_t) level_of(r, y->child->next, s);
		if (s->band_hi[b] < s->band_lo[b] || (b && (s->band_hi[b] < s->band_hi[b - 1] || s->band_lo[b] < s->band_lo[b - 1])))
			yaml_error(y, r->d, "by_band: a higher band cannot be less severe");
	}
}

static void
read_severity(struct pack_reader *r, const struct yaml *y, struct severity_scale *s)
{
	static const char *const keys[] = { "id", "title", "by", "levels", "by_band", "steps", "parts", "verified", "sources", NULL };

	yaml_only(y, keys, r->d);
	memset(s, 0, sizeof(*s));
	s->id = pack_text(r, y, "id", true);
	s->title = pack_text(r, y, "title", true);
	s->by = pack_text(r, y, "by", true);
	read_levels(r, y, s);
	read_by_band(r, yaml_get(y, "by_band"), s);
	s->steps.top = s->n_levels ? s->n_levels - 1 : 0;
	read_steps(r, yaml_get(y, "steps"), &s->steps);
	for (uint32_t i = 0; i < s->steps.n_steps; i++)
		if (s->steps.step[i].value < 0 || s->steps.step[i].value > s->steps.top)
			yaml_error(yaml_get(y, "steps"), r->d, "step %u: the number of a level, 0 for the first, was expected", i + 1);
	s->part = read_gauges(r, yaml_get(y, "parts"), &s->n_parts);
	if (!s->by_band && !s->n_parts && !s->steps.n_steps)
		yaml_error(y, r->d, "by_band, steps or parts is needed");
	pack_cites(r, y, s->cite, &s->n_cite);
	pack_verified(r, y, s->cite, s->n_cite, &s->verified);
}

void
gauges_read_severity(struct pack_reader *r, const struct yaml *root)
{
	static const char *const keys[] = { "kind", "id", "version", "note", "scales", NULL };
	const struct yaml *list = yaml_get(root, "scales");

	yaml_only(root, keys, r->d);
	if (!list || list->kind != YAML_LIST) {
		yaml_error(list ? list : root, r->d, "scales: a list was expected");
		return;
	}
	r->p->severity = arena_zalloc(r->arena, list->n * sizeof(*r->p->severity) + 1);
	yaml_each(y, list)
	{
		if (!r->p->severity)
			return;
		read_severity(r, y, &r->p->severity[r->p->n_severity++]);
		pack_unique(r, y, "scale", r->p->severity, r->p->n_severity, sizeof(*r->p->severity));
	}
}

/* ---- evaluating ---- */

static bool
has_what_it_needs(const struct gauge *g, const struct facts *f)
{
	if (!g->needs)
		return true;
	return (strcmp(g->needs, "attribution") == 0 ? f->attribution : strcmp(g->needs, "actor") == 0 ? f->actor : f->circumstance) != NULL;
}

struct gauge_value
gauge_eval(const struct gauge *g, const struct facts *f, uint8_t effects_hi)
{
	struct gauge_value v = { g->base, g->base, true, NULL };

	if (!has_what_it_needs(g, f)) {
		v.known = false;
		v.lo = g->has_otherwise ? g->otherwise : g->base;
		v.hi = g->has_otherwise ? g->otherwise : g->top;
		return v;
	}
	for (uint32_t i = 0; i < g->n_steps; i++) {
		const struct gauge_step *s = &g->step[i];
		enum truth t = s->when ? expr_eval(s->when, f) : NO;
		if (t == YES && (s->value > v.lo || !v.met)) {
			v.lo = s->value > v.lo ? s->value : v.lo;
			v.met = s;
		}
		if ((t == YES || (t == UNKNOWN && s->band <= effects_hi)) && s->value > v.hi)
			v.hi = s->value;
	}
	return v;
}

static uint8_t
level_at(const struct severity_scale *s, double score)
{
	uint8_t l = 0;

	for (uint32_t i = 0; i < s->n_levels; i++)
		if (score >= s->level[i].from)
			l = (uint8_t) i;
	return l;
}

struct severity_value
severity_eval(const struct severity_scale *s, const struct facts *f, const struct bands *b)
{
	struct severity_value v = { 0 };
	double weight = 0;

	if (s->n_parts) {
		for (uint32_t i = 0; i < s->n_parts; i++) {
			struct gauge_value g = gauge_eval(&s->part[i], f, b->effects_hi);
			v.score_lo += g.lo * s->part[i].weight;
			v.score_hi += g.hi * s->part[i].weight;
			weight += s->part[i].weight;
		}
		v.score_lo /= weight > 0 ? weight : 1;
		v.score_hi /= weight > 0 ? weight : 1;
		v.lo = level_at(s, v.score_lo);
		v.hi = level_at(s, v.score_hi);
		return v;
	}
	struct gauge_value g = gauge_eval(&s->steps, f, b->effects_hi);
	v.lo = (uint8_t) g.lo;
	v.hi = (uint8_t) g.hi;
	if (s->by_band) {
		v.lo = s->band_lo[b->effects_lo] > v.lo ? s->band_lo[b->effects_lo] : v.lo;
		v.hi = s->band_hi[b->effects_hi] > v.hi ? s->band_hi[b->effects_hi] : v.hi;
	}
	return v;
}
