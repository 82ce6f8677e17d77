#include "pipeline/legal/case.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "pipeline/legal/pack_private.h"

struct case_reader {
	struct pack_reader r;
	struct case_file *c;
	const struct packs *p;
	const struct effects *e;
	struct diag *d;
};

static const char *
among(struct case_reader *r, const struct yaml *map, const char *key, const char *const *list, uint32_t n)
{
	const struct yaml *y = yaml_get(map, key);
	struct buf all;

	if (!y)
		return NULL;
	for (uint32_t i = 0; y->text && i < n; i++)
		if (strcmp(list[i], y->text) == 0)
			return list[i];
	buf_init(&all, 1024);
	for (uint32_t i = 0; i < n; i++)
		buf_printf(&all, "%s%s", i ? ", " : "", list[i]);
	yaml_error(y, r->d, "%s: \"%s\" is not one of %s", key, y->text ? y->text : "", all.n ? all.p : "");
	buf_clear(&all);
	return NULL;
}

static int
read_range(struct case_reader *r, const struct yaml *y, struct case_range *out)
{
	int lo, hi;

	if (!y)
		return 0;
	if (y->kind != YAML_LIST || y->n != 2) {
		yaml_error(y, r->d, "a range of two bands such as [%s, %s] was expected", r->p->band[1].id, r->p->band[2].id);
		return -1;
	}
	lo = y->child->text ? packs_band(r->p, y->child->text) : -1;
	hi = y->child->next->text ? packs_band(r->p, y->child->next->text) : -1;
	if (lo < 0 || hi < lo) {
		yaml_error(y, r->d, "two bands of the ladder were expected, the lower one first");
		return -1;
	}
	out->lo = (uint8_t) lo;
	out->hi = (uint8_t) hi;
	out->given = true;
	return 0;
}

static void
read_published(struct case_reader *r, const struct yaml *y)
{
	static const char *const keys[] = { "legal", "effects", "parties", "say", "sources", NULL };
	struct case_file *c = r->c;

	if (!y)
		return;
	yaml_only(y, keys, r->d);
	read_range(r, yaml_get(y, "legal"), &c->legal);
	read_range(r, yaml_get(y, "effects"), &c->effects);
	yaml_each(x, yaml_get(y, "parties"))
	{
		const struct party *p = packs_party(r->p, x->key ? x->key : "");
		if (!p) {
			yaml_error(x, r->d, "\"%s\" has no pack", x->key ? x->key : "");
			continue;
		}
		if (c->n_party < PARTIES_MAX && read_range(r, x, &c->party[c->n_party]) == 0)
			c->party[c->n_party++].party = p->id;
	}
}

/* Every name a fact may have, for the hint in an error. */
static const char *
nearest_fact(struct case_reader *r, const char *name)
{
	const char *all[FEATURES_MAX + HUMAN_MAX + 1];
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->p->n_human; i++)
		all[n++] = r->p->human[i].name;
	for (unsigned i = 0; i < feature_table_n && i < FEATURES_MAX; i++)
		all[n++] = feature_table[i]->name;
	all[n] = NULL;
	return yaml_nearest(name, all);
}

static bool
is_fact(struct case_reader *r, const char *name)
{
	for (uint32_t i = 0; i < r->p->n_human; i++)
		if (strcmp(r->p->human[i].name, name) == 0)
			return true;
	return feature_index(name) >= 0;
}

/* Whose word a fact is, for those who ask. */
static const char *
told_by(struct case_reader *r, const struct case_step *s)
{
	char t[CLOCK_EVE_LEN], words[256];

	clock_print_iso(s->at, t);
	snprintf(words, sizeof(words), "told by %s, %s", s->author ? s->author : "the case", t);
	return arena_strdup(&r->c->arena, words);
}

static void
read_facts(struct case_reader *r, const struct yaml *map, struct case_step *s)
{
	const char *method = told_by(r, s);
	struct case_fact *f;

	if (!map)
		return;
	if (map->kind != YAML_MAP) {
		yaml_error(map, r->d, "facts: a map such as { deaths: 0, function_loss_h: [2, 6] } was expected");
		return;
	}
	s->facts = f = arena_zalloc(&r->c->arena, map->n * sizeof(*f) + 1);
	yaml_each(y, map)
	{
		if (!f)
			return;
		if (!is_fact(r, y->key)) {
			const char *near = nearest_fact(r, y->key);
			diag_error(r->d, y->file, y->key_line, y->key_column, "\"%s\" is no fact: neither of the ladder nor a feature%s%s%s", y->key,
			    near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "");
			continue;
		}
		f->name = arena_strdup(&r->c->arena, y->key);
		if (!y->text || strcmp(y->text, "unknown") != 0)
			context_fact(y, &f->f, r->d);
		f->f.method = method;
		f++;
		s->n_facts++;
	}
}

static void
read_touches(struct case_reader *r, const struct yaml *list, struct case_step *s)
{
	if (list && list->kind != YAML_LIST) {
		yaml_error(list, r->d, "touches: a list of names of `assets` was expected");
		return;
	}
	yaml_each(y, list)
	{
		uint32_t k = 0;
		while (k < r->c->inv.n && !(y->text && r->c->inv.assets[k].name && strcmp(r->c->inv.assets[k].name, y->text) == 0))
			k++;
		if (k == r->c->inv.n)
			yaml_error(y, r->d, "touches: \"%s\" is not a name of `assets`", y->text ? y->text : "");
		else
			s->touches |= 1u << k;
	}
}

static void
read_effect_names(struct case_reader *r, const struct yaml *list, struct case_step *s)
{
	if (list && list->kind != YAML_LIST) {
		yaml_error(list, r->d, "effects: a list of effect classes was expected");
		return;
	}
	yaml_each(y, list)
	{
		const struct effect *e = y->text ? effects_find(r->e, y->text) : NULL;
		if (e) {
			s->effects |= 1u << e->index;
			continue;
		}
		const char *all[EFFECTS_MAX + 1];
		for (uint8_t k = 0; k < r->e->n; k++)
			all[k] = r->e->effect[k].name;
		all[r->e->n] = NULL;
		const char *near = y->text ? yaml_nearest(y->text, all) : NULL;
		yaml_error(y, r->d, "\"%s\" is not an effect class of effects.yaml%s%s%s", y->text ? y->text : "", near ? " (did you mean \"" : "",
		    near ? near : "", near ? "\"?)" : "");
	}
}

static void
read_step(struct case_reader *r, const struct yaml *y, struct case_step *s)
{
	static const char *const keys[] = { "at", "say", "author", "touches", "effects", "facts", "circumstance", "attribution", "actor",
		"confidence", "confirms", "linked", "capture", "rules", NULL };
	static const char *const confidence[] = { "scale", "value", NULL };
	const struct yaml *conf = yaml_get(y, "confidence");
	uint64_t n = 0;

	yaml_only(y, keys, r->d);
	s->line = y->line;
	if (!yaml_get(y, "at"))
		yaml_error(y, r->d, "a step needs `at`, a time such as \"2026-01-31T09:00:00Z\"");
	else
		yaml_time(yaml_get(y, "at"), &s->at, r->d);
	s->say = pack_text(&r->r, y, "say", true);
	s->author = pack_text(&r->r, y, "author", false);
	s->capture = pack_text(&r->r, y, "capture", false);
	s->rules = pack_text(&r->r, y, "rules", false);
	if (s->rules && !s->capture)
		yaml_error(yaml_get(y, "rules"), r->d, "rules: a capture that they read was expected beside them");
	read_touches(r, yaml_get(y, "touches"), s);
	read_effect_names(r, yaml_get(y, "effects"), s);
	read_facts(r, yaml_get(y, "facts"), s);
	s->circumstance = among(r, y, "circumstance", r->p->circumstances, r->p->n_circumstances);
	s->attribution = among(r, y, "attribution", r->p->attributions, r->p->n_attributions);
	s->actor = among(r, y, "actor", r->p->actors, r->p->n_actors);
	if (conf) {
		yaml_only(conf, confidence, r->d);
		s->scale = pack_text(&r->r, conf, "scale", true);
		s->value = pack_text(&r->r, conf, "value", true);
	}
	s->has_confirms = yaml_get(y, "confirms") && yaml_bool(yaml_get(y, "confirms"), &s->confirms, r->d) == 0;
	s->has_linked = yaml_get(y, "linked") && yaml_u64(yaml_get(y, "linked"), &n, 1000000, r->d) == 0;
	s->linked = (uint32_t) n;
}

static void
read_assets(struct case_reader *r, const struct yaml *list)
{
	struct inventory *inv = &r->c->inv;

	if (!list || list->kind != YAML_LIST || !list->n || list->n > CASE_ASSETS) {
		yaml_error(list ? list : r->r.docs[0].root, r->d, "assets: a list of 1 to %d assets was expected", CASE_ASSETS);
		return;
	}
	arena_init(&inv->arena, 16 << 20);
	inv->assets = arena_zalloc(&inv->arena, list->n * sizeof(*inv->assets));
	if (!inv->assets)
		return;
	yaml_each(y, list)
	{
		struct asset *a = &inv->assets[inv->n];
		a->index = inv->n++;
		inventory_read_asset(inv, y, a, r->d);
	}
}

/* A step that names no assets goes on with those before it; the first one then touches all. */
static void
settle_steps(struct case_reader *r, const struct yaml *list)
{
	struct case_file *c = r->c;
	bool any = false;

	for (uint32_t k = 0; k < c->n_steps; k++)
		any |= c->step[k].touches != 0;
	if (!any && c->n_steps)
		c->step[0].touches = c->inv.n >= 32 ? UINT32_MAX : (1u << c->inv.n) - 1;
	for (uint32_t k = 1; k < c->n_steps; k++)
		if (c->step[k].at < c->step[k - 1].at)
			diag_error(r->d, list->file, c->step[k].line, 1, "steps are not in order of time: this one is earlier than the one before it");
}

static void
read_root(struct case_reader *r, const struct yaml *root)
{
	static const char *const keys[] = { "kind", "id", "title", "note", "version", "sources", "assets", "published", "timeline", NULL };
	const struct yaml *list = yaml_get(root, "timeline"), *kind = yaml_get(root, "kind");
	struct case_file *c = r->c;

	yaml_only(root, keys, r->d);
	if (!kind || !kind->text || strcmp(kind->text, "case") != 0)
		yaml_error(kind ? kind : root, r->d, "kind: case was expected");
	c->id = pack_text(&r->r, root, "id", true);
	c->title = pack_text(&r->r, root, "title", true);
	c->note = pack_text(&r->r, root, "note", false);
	pack_cites(&r->r, root, c->cite, &c->n_cite);
	read_assets(r, yaml_get(root, "assets"));
	read_published(r, yaml_get(root, "published"));
	if (!list || list->kind != YAML_LIST || !list->n || list->n > CASE_STEPS) {
		yaml_error(list ? list : root, r->d, "timeline: a list of 1 to %d steps was expected", CASE_STEPS);
		return;
	}
	c->step = arena_zalloc(&c->arena, list->n * sizeof(*c->step));
	if (!c->step)
		return;
	yaml_each(y, list) read_step(r, y, &c->step[c->n_steps++]);
	settle_steps(r, list);
}

int
case_read(struct case_file *c, const char *path, const struct packs *p, const struct effects *e, struct diag *d)
{
	struct case_reader *r = calloc(1, sizeof(*r));
	struct yaml_doc doc;
	uint32_t errors = d->errors;

	memset(c, 0, sizeof(*c));
	if (!r)
		return E_NOMEM;
	c->path = path;
	if (yaml_read(&doc, path, d) < 0) {
		if (d->errors == errors)
			diag_error(d, path, 0, 0, "the case cannot be read");
		free(r);
		return -1;
	}
	arena_init(&c->arena, 64 << 20);
	r->r = (struct pack_reader) { NULL, &c->arena, d, &doc, 1 };
	r->c = c;
	r->p = p;
	r->e = e;
	r->d = d;
	if (doc.root && doc.root->kind == YAML_MAP)
		read_root(r, doc.root);
	else
		diag_error(d, path, 1, 1, "a case is a map: kind, id, title, sources, assets, timeline");
	yaml_clear(&doc);
	free(r);
	return d->errors > errors ? -1 : 0;
}

void
case_clear(struct case_file *c)
{
	arena_clear(&c->inv.arena);
	arena_clear(&c->arena);
	memset(c, 0, sizeof(*c));
}

/* ---- playing ---- */

/* Effects that a case tells are not signs that may be false: somebody says that they happened. */
#define CONFIRMED "effects_confirmed"
static const struct fact of_effects = { 1, 1, 1, true, "the case tells the effect" };

static void
confirm_effects(struct scene *s)
{
	struct fact *f = scene_fact(s, CONFIRMED);

	if (f && !f->known)
		*f = of_effects;
}

/* Nobody measured an outage, but its operator tells how long the function was lost: no longer than that. */
static void
bound_outage(struct scene *s)
{
	struct fact *told = scene_fact(s, "function_loss_h"), *outage = scene_fact(s, "outage_s");

	if (told && outage && told->known && (!outage->known || s->bound_outage)) {
		*outage = (struct fact) { 0, 0, told->hi * 3600, true, "no longer than the function was lost" };
		s->bound_outage = true;
	}
}

static void
touch(const struct case_file *c, uint32_t assets, struct scene *s)
{
	for (uint32_t i = 0; i < c->inv.n && i < 32; i++)
		if (assets >> i & 1)
			scene_touch(s, &c->inv.assets[i]);
}

/* Signs, not confirmed: the sensor's facts stand until somebody tells others. What follows from the assets is not taken over: of those
 * touched before it follows too. */
static void
apply_seen(const struct case_file *c, const struct case_seen *seen, int64_t at, struct scene *s)
{
	touch(c, seen->touches, s);
	scene_effects(s, seen->effects, at);
	s->i->unlisted |= seen->unlisted;
	s->i->alerts += seen->alerts;
	for (uint8_t k = 0; k < s->effects->n; k++)
		s->i->by_effect[k] += seen->by_effect[k];
	for (unsigned k = 0; k < feature_table_n && k < FEATURES_MAX; k++)
		if (seen->fact[k].known && !feature_table[k]->of_assets)
			s->a.facts.scale.fact[k] = seen->fact[k];
	if (!seen->incidents)
		return;
	s->a.facts.scale.coverage = seen->coverage;
	s->a.facts.scale.coverage_why = "of the capture, as the sensor measured it; of what happened beside it nothing is known";
}

int
case_context(const struct case_file *c, const struct packs *p, struct context *out)
{
	memset(out, 0, sizeof(*out));
	arena_init(&out->arena, 16 << 20);
	out->s = arena_zalloc(&out->arena, c->n_steps * sizeof(*out->s) + 1);
	if (!out->s)
		return E_NOMEM;
	for (uint32_t k = 0; k < c->n_steps; k++) {
		const struct case_step *x = &c->step[k];
		struct statement *s = &out->s[out->n++];
		char id[24];
		snprintf(id, sizeof(id), "step %u", k + 1);
		*s = (struct statement) { .id = arena_strdup(&out->arena, id), .author = x->author ? x->author : "the case", .time = x->at, .note = x->say,
			.circumstance = x->circumstance, .attribution = x->attribution, .actor = x->actor, .scale = x->scale, .value = x->value,
			.confirms = x->has_confirms && x->confirms, .linked = x->has_linked ? x->linked : 0, .effects = x->effects, .channel = "case" };
		for (uint32_t h = 0; h < p->n_human; h++) {
			if (x->effects && strcmp(p->human[h].name, CONFIRMED) == 0)
				s->fact[h] = of_effects;
			for (uint32_t m = 0; m < x->n_facts; m++)
				if (strcmp(x->facts[m].name, p->human[h].name) == 0)
					s->fact[h] = x->facts[m].f;
		}
	}
	return 0;
}

void
case_apply(const struct case_file *c, uint32_t k, struct scene *s)
{
	const struct case_step *x = &c->step[k];

	touch(c, x->touches, s);
	if (x->seen)
		apply_seen(c, x->seen, x->at, s);
	scene_effects(s, x->effects, x->at);
	if (x->effects)
		confirm_effects(s);
	for (uint32_t i = 0; i < x->n_facts; i++) {
		struct fact *f = scene_fact(s, x->facts[i].name);
		if (f == scene_fact(s, "outage_s"))
			s->bound_outage = false;
		if (f)
			*f = x->facts[i].f;
	}
	bound_outage(s);
	if (x->circumstance)
		s->a.facts.circumstance = x->circumstance;
	if (x->attribution)
		s->a.facts.attribution = x->attribution;
	if (x->actor)
		s->a.facts.actor = x->actor;
	if (x->has_confirms)
		s->a.confirmed = x->confirms;
	if (x->has_linked)
		s->a.linked = x->linked;
}

/* ---- many parties as one picture ---- */

static uint8_t
nth(const uint32_t count[BANDS_MAX], uint32_t at)
{
	uint8_t b = 0;

	for (uint32_t seen = count[0]; seen <= at && b + 1 < BANDS_MAX; seen += count[b])
		b++;
	return b;
}

struct middle
bands_middle(const struct bands *b)
{
	uint32_t lo[BANDS_MAX] = { 0 }, likely[BANDS_MAX] = { 0 }, hi[BANDS_MAX] = { 0 };
	struct middle m = { 0 };

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->party[i].party->unread)
			continue;
		lo[b->party[i].lo]++;
		likely[b->party[i].likely]++;
		hi[b->party[i].hi]++;
		m.parties++;
	}
	if (!m.parties)
		return m;
	m.lo = nth(lo, (m.parties - 1) / 2);
	m.likely = nth(likely, (m.parties - 1) / 2);
	m.hi = nth(hi, m.parties / 2);
	return m;
}

struct comparison
compare_range(uint8_t lo, uint8_t hi, const struct case_range *r)
{
	int both = (hi < r->hi ? hi : r->hi) - (lo > r->lo ? lo : r->lo) + 1;

	return (struct comparison) {
		.holds_midpoint = 2 * lo <= r->lo + r->hi && r->lo + r->hi <= 2 * hi,
		.overlap = both > 0 ? (double) both / (r->hi - r->lo + 1) : 0,
		.a_band_above = lo > r->hi,
	};
}
