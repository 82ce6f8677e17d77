#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "pipeline/legal/recall.h"

static const char *
text(struct recall *r, const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? arena_strdup(&r->arena, t) : NULL;
}

static int64_t
time_of(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));
	int64_t ns = 0;

	return t && clock_parse(&ns, t) == 0 ? ns : 0;
}

static int
name_index(const char *const *names, int n, const char *name)
{
	for (int i = 0; name && i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

static int
read_assets(struct recall *r, const json_t *list)
{
	size_t n = json_array_size(list);

	r->inv.assets = arena_zalloc(&r->arena, (n + 1) * sizeof(*r->inv.assets));
	if (!r->inv.assets)
		return E_NOMEM;
	for (size_t k = 0; k < n && k < INCIDENT_ASSETS; k++) {
		const json_t *o = json_array_get(list, k);
		struct asset *a = &r->inv.assets[k];
		int crit = name_index(criticality_name, CRIT_N, json_string_value(json_object_get(o, "criticality")));
		int zone = name_index(zone_name, ZONE_N, json_string_value(json_object_get(o, "zone")));
		*a = (struct asset) { .name = text(r, o, "name"), .owner = text(r, o, "owner"), .territory = text(r, o, "territory"),
			.sector = text(r, o, "sector"), .class = text(r, o, "class"), .mirrored = true, .index = (uint32_t) k };
		if (!a->name || !a->owner || !a->territory || !a->sector || !a->class || crit < 0 || zone < 0)
			return E_BAD;
		a->criticality = (enum criticality) crit;
		a->zone = (enum zone) zone;
		r->inv.n++;
		scene_touch(&r->scene, a);
	}
	return 0;
}

static void
read_effects(struct recall *r, json_t *map)
{
	const char *name;
	json_t *o;

	json_object_foreach(map, name, o)
	{
		const struct effect *e = effects_find(r->scene.effects, name);
		if (!e)
			continue;
		scene_effects(&r->scene, 1u << e->index, time_of(o, "first"));
		r->scene.i->effect_last[e->index] = time_of(o, "last");
		r->scene.i->by_effect[e->index] = (uint64_t) json_integer_value(json_object_get(o, "alerts"));
	}
}

static void
read_scale(struct recall *r, json_t *map)
{
	struct scale *s = &r->scene.a.facts.scale;
	const char *name;
	json_t *o;

	json_object_foreach(map, name, o)
	{
		int k = json_is_object(o) ? feature_index(name) : -1;
		if (k < 0)
			continue;
		s->fact[k] = (struct fact) { json_number_value(json_object_get(o, "lo")), json_number_value(json_object_get(o, "likely")),
			json_number_value(json_object_get(o, "hi")), true, text(r, o, "method") };
	}
	s->coverage = json_number_value(json_object_get(map, "coverage"));
	s->coverage_why = text(r, map, "coverage_why");
}

static void
read_told(struct recall *r, const json_t *facts, struct statement *s)
{
	for (uint32_t h = 0; h < r->scene.packs->n_human; h++) {
		const json_t *v = json_object_get(facts, r->scene.packs->human[h].name);
		double lo = json_number_value(json_array_get(v, 0)), hi = json_number_value(json_array_get(v, 1));
		if (!v)
			continue;
		s->fact[h] = (struct fact) { lo, (lo + hi) / 2, hi, true, "told by a person" };
		r->scene.a.facts.human[h] = s->fact[h];
	}
}

static void
read_statements(struct recall *r, const json_t *list)
{
	size_t n = json_array_size(list);

	r->context.s = arena_zalloc(&r->arena, (n + 1) * sizeof(*r->context.s));
	for (size_t k = 0; r->context.s && k < n; k++) {
		const json_t *o = json_array_get(list, k), *conf = json_object_get(o, "confidence");
		struct statement *s = &r->context.s[r->context.n++];
		*s = (struct statement) { .id = text(r, o, "id"), .author = text(r, o, "author"), .note = text(r, o, "note"), .time = time_of(o, "time"),
			.expires = time_of(o, "expires"), .circumstance = text(r, o, "circumstance"), .attribution = text(r, o, "attribution"),
			.actor = text(r, o, "actor"), .scale = text(r, conf, "scale"), .value = text(r, conf, "value") };
		s->kinetic = text(r, json_object_get(o, "kinetic"), "what");
		s->kinetic_at = time_of(json_object_get(o, "kinetic"), "time");
		s->channel = text(r, o, "channel");
		s->signed_by = text(r, o, "signed_by");
		s->confirms = json_is_true(json_object_get(o, "confirms"));
		s->linked = (uint32_t) json_integer_value(json_object_get(o, "linked"));
		read_told(r, json_object_get(o, "facts"), s);
	}
}

/* The text of the ladder that says the same, so that comparing is by content; NULL when the ladder has no such word. */
static const char *
word_of(const char *const *list, uint32_t n, const json_t *v)
{
	const char *t = json_string_value(v);

	for (uint32_t i = 0; t && i < n; i++)
		if (strcmp(list[i], t) == 0)
			return list[i];
	return NULL;
}

static void
read_legal(struct recall *r, const json_t *legal, const json_t *statements)
{
	const struct packs *p = r->scene.packs;
	struct facts *f = &r->scene.a.facts;
	size_t n = json_array_size(statements);

	f->circumstance = word_of(p->circumstances, p->n_circumstances, json_object_get(legal, "circumstance"));
	for (size_t k = 0; k < n; k++) /* "none" is told as such only when somebody stated it */
		if (json_object_get(json_array_get(statements, k), "attribution"))
			f->attribution = word_of(p->attributions, p->n_attributions, json_object_get(legal, "attribution"));
	f->actor = word_of(p->actors, p->n_actors, json_object_get(legal, "actor"));
	r->scene.a.confirmed = json_is_true(json_object_get(legal, "human_confirmation"));
	r->scene.a.linked = (uint32_t) json_integer_value(json_object_get(legal, "linked_incidents"));
	r->pack_hash = text(r, legal, "pack_hash");
}

static void
read_bands(struct recall *r, json_t *parties)
{
	const struct packs *p = r->scene.packs;
	const char *id;
	json_t *o;

	json_object_foreach(parties, id, o)
	{
		const char *lo = json_string_value(json_object_get(o, "lo")), *hi = json_string_value(json_object_get(o, "hi"));
		const char *likely = json_string_value(json_object_get(o, "likely"));
		if (r->n_bands == PARTIES_MAX)
			return;
		r->band[r->n_bands++] = (struct recalled_band) { arena_strdup(&r->arena, id), packs_band(p, lo ? lo : ""),
			packs_band(p, likely ? likely : ""), packs_band(p, hi ? hi : "") };
	}
}

static int
read_incident(struct recall *r, const json_t *o)
{
	struct incident *i = r->scene.i;
	const json_t *statements = json_object_get(o, "statements");
	const char *id = json_string_value(json_object_get(o, "id"));
	int64_t last = time_of(o, "last");

	if (!id || read_assets(r, json_object_get(o, "assets")) < 0)
		return E_BAD;
	snprintf(i->id, sizeof(i->id), "%s", id);
	for (size_t k = 0; k < json_array_size(json_object_get(o, "unknowns")); k++) {
		const char *u = json_string_value(json_array_get(json_object_get(o, "unknowns"), k));
		i->unlisted |= u && strcmp(u, "asset") == 0;
	}
	i->first = time_of(o, "first");
	i->last = last;
	i->alerts = (uint64_t) json_integer_value(json_object_get(o, "alerts"));
	r->exercise = json_is_true(json_object_get(o, "exercise"));
	read_effects(r, json_object_get(o, "effects"));
	read_scale(r, json_object_get(o, "scale"));
	read_statements(r, statements);
	read_legal(r, json_object_get(o, "legal"), statements);
	read_bands(r, json_object_get(o, "parties"));
	scene_assess(&r->scene, last);
	i->last = last;
	r->scene.a.revision = i->revision = (uint32_t) json_integer_value(json_object_get(o, "revision"));
	/* statements are those that counted; whenever they are looked at they all do */
	for (uint32_t k = 0; k < r->context.n; k++)
		if (r->context.s[k].time > r->scene.a.at)
			r->scene.a.at = r->context.s[k].time;
	return 0;
}

int
recall_read(struct recall *r, struct span json, const struct packs *p, const struct effects *e, char why[static 256])
{
	json_error_t error;
	json_t *o = json_loadb((const char *) json.p, json.n, 0, &error);

	memset(r, 0, sizeof(*r));
	arena_init(&r->arena, 64 << 20);
	if (!o) {
		snprintf(why, 256, "the record is not JSON: %.200s", error.text);
		return -1;
	}
	int rc = scene_init(&r->scene, p, e, &r->inv);
	if (rc == 0)
		rc = read_incident(r, o);
	if (rc < 0)
		snprintf(why, 256, "the record is not an incident's, or of another version");
	json_decref(o);
	return rc < 0 ? -1 : 0;
}

void
recall_clear(struct recall *r)
{
	scene_clear(&r->scene);
	arena_clear(&r->arena);
	memset(r, 0, sizeof(*r));
}

uint32_t
recall_differs(const struct recall *r)
{
	const struct bands *b = &r->scene.a.bands;
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		bool same = false;
		for (uint32_t k = 0; k < r->n_bands; k++)
			if (strcmp(r->band[k].party, b->party[i].party->id) == 0)
				same = r->band[k].lo == b->party[i].lo && r->band[k].likely == b->party[i].likely && r->band[k].hi == b->party[i].hi;
		n += !same;
	}
	return n;
}
