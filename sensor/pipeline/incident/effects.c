#include "pipeline/incident/effects.h"

#include <stdlib.h>
#include <string.h>

enum map_kind { MAP_TECHNIQUE, MAP_TACTIC, MAP_CLASSTYPE, MAP_MESSAGE };

struct effect_map {
	enum map_kind kind;
	const char *key;
	uint8_t effect;
};

static int
by_key(const void *a, const void *b)
{
	const struct effect_map *x = a, *y = b;

	return x->kind != y->kind ? (int) x->kind - (int) y->kind : strcmp(x->key, y->key);
}

const struct effect *
effects_find(const struct effects *e, const char *name)
{
	for (uint8_t i = 0; i < e->n; i++)
		if (strcmp(e->effect[i].name, name) == 0)
			return &e->effect[i];
	return NULL;
}

static void
read_classes(struct effects *e, const struct yaml *list, struct diag *d)
{
	static const char *const keys[] = { "name", "family", "opens", "outbound", "attempt", "alike", "toward", "flood", "note", NULL };

	yaml_each(y, list)
	{
		struct effect *f = &e->effect[e->n < EFFECTS_MAX ? e->n : 0];
		if (e->n == EFFECTS_MAX) {
			yaml_error(y, d, "more than %d effect classes", EFFECTS_MAX);
			return;
		}
		const struct yaml *name = yaml_get(y, "name"), *family = yaml_get(y, "family");
		yaml_only(y, keys, d);
		if (!name || !name->text || !family || !family->text) {
			yaml_error(y, d, "an effect class needs name and family");
			continue;
		}
		*f = (struct effect) { .name = arena_strdup(&e->arena, name->text), .family = arena_strdup(&e->arena, family->text), .index = e->n };
		if (yaml_get(y, "opens"))
			yaml_bool(yaml_get(y, "opens"), &f->opens, d);
		if (yaml_get(y, "outbound"))
			yaml_bool(yaml_get(y, "outbound"), &f->outbound, d);
		if (yaml_get(y, "attempt"))
			yaml_bool(yaml_get(y, "attempt"), &f->attempt, d);
		if (yaml_get(y, "alike"))
			yaml_bool(yaml_get(y, "alike"), &f->alike, d);
		if (yaml_get(y, "toward"))
			yaml_bool(yaml_get(y, "toward"), &f->toward, d);
		if (yaml_get(y, "flood"))
			yaml_bool(yaml_get(y, "flood"), &f->flood, d);
		if (effects_find(e, f->name)) {
			yaml_error(y, d, "effect class %s is there already", f->name);
			continue;
		}
		f->family_index = f->index;
		for (uint8_t i = 0; i < e->n; i++)
			if (strcmp(e->effect[i].family, f->family) == 0) {
				f->family_index = e->effect[i].family_index;
				break;
			}
		e->n++;
	}
}

static void
read_map(struct effects *e, const struct yaml *map, enum map_kind kind, struct diag *d)
{
	if (yaml_is_map(map, d) < 0)
		return;
	yaml_each(y, map)
	{
		const struct effect *f = y->text ? effects_find(e, y->text) : NULL;
		if (!f) {
			yaml_error(y, d, "\"%s\" is not an effect class of this file", y->text ? y->text : "");
			continue;
		}
		e->map[e->n_map++] = (struct effect_map) { kind, arena_strdup(&e->arena, y->key), f->index };
	}
}

/* ignore: { metadata key: [values] } */
static void
read_ignore(struct effects *e, const struct yaml *map, struct diag *d)
{
	uint32_t n = 0;

	if (yaml_is_map(map, d) < 0)
		return;
	yaml_each(y, map) n += y->kind == YAML_LIST ? y->n : 1;
	e->ignore = arena_zalloc(&e->arena, (n + 1) * sizeof(*e->ignore));
	if (!e->ignore)
		return;
	yaml_each(y, map)
	{
		if (y->kind != YAML_LIST)
			yaml_error(y, d, "%s: a list of metadata values was expected", y->key);
		else
			yaml_each(v, y) if (v->text) e->ignore[e->n_ignore++]
			    = (struct card_meta) { arena_strdup(&e->arena, y->key), arena_strdup(&e->arena, v->text) };
	}
}

int
effects_read(struct effects *e, const char *path, struct diag *d)
{
	static const char *const keys[] = { "version", "classes", "technique", "tactic", "classtype", "message", "ignore", "note", NULL };
	struct yaml_doc doc;
	uint32_t errors = d->errors;
	const struct yaml *t, *a, *c, *m;

	memset(e, 0, sizeof(*e));
	arena_init(&e->arena, 64 << 20);
	if (yaml_read(&doc, path, d) < 0) {
		if (d->errors == errors)
			diag_error(d, path, 0, 0, "effect classes cannot be read");
		return -1;
	}
	yaml_only(doc.root, keys, d);
	read_classes(e, yaml_get(doc.root, "classes"), d);
	read_ignore(e, yaml_get(doc.root, "ignore"), d);
	t = yaml_get(doc.root, "technique");
	a = yaml_get(doc.root, "tactic");
	c = yaml_get(doc.root, "classtype");
	m = yaml_get(doc.root, "message");
	e->map = arena_alloc(&e->arena, ((t ? t->n : 0) + (a ? a->n : 0) + (c ? c->n : 0) + (m ? m->n : 0) + 1) * sizeof(*e->map));
	if (e->map) {
		read_map(e, t, MAP_TECHNIQUE, d);
		read_map(e, a, MAP_TACTIC, d);
		read_map(e, c, MAP_CLASSTYPE, d);
		read_map(e, m, MAP_MESSAGE, d);
		if (e->n_map)
			qsort(e->map, e->n_map, sizeof(*e->map), by_key);
	}
	yaml_clear(&doc);
	return d->errors > errors ? -1 : 0;
}

void
effects_clear(struct effects *e)
{
	arena_clear(&e->arena);
	memset(e, 0, sizeof(*e));
}

static bool
is_ignored(const struct effects *e, const struct card_meta *m)
{
	for (uint32_t i = 0; i < e->n_ignore; i++)
		if (strcmp(e->ignore[i].key, m->key) == 0 && strcmp(e->ignore[i].value, m->value) == 0)
			return true;
	return false;
}

static const struct effect *
look_up(const struct effects *e, enum map_kind kind, const char *key)
{
	struct effect_map k = { kind, key, 0 }, *m;

	m = e->n_map ? bsearch(&k, e->map, e->n_map, sizeof(k), by_key) : NULL;
	char parent[16];
	const char *dot = strchr(key, '.');
	if (!m && dot && (size_t) (dot - key) < sizeof(parent)) { /* T1059.001: as its technique */
		memcpy(parent, key, (size_t) (dot - key));
		parent[dot - key] = 0;
		return look_up(e, kind, parent);
	}
	return m ? &e->effect[m->effect] : NULL;
}

/* The longest entry with which the message begins, as whole words. */
static const struct effect *
by_message(const struct effects *e, const char *msg)
{
	const struct effect *best = NULL;
	size_t longest = 0;

	for (uint32_t i = 0; msg && i < e->n_map; i++) {
		size_t n = strlen(e->map[i].key);
		if (e->map[i].kind == MAP_MESSAGE && n > longest && strncmp(msg, e->map[i].key, n) == 0 && (!msg[n] || msg[n] == ' ')) {
			best = &e->effect[e->map[i].effect];
			longest = n;
		}
	}
	return best;
}

const struct effect *
effects_of(const struct effects *e, const struct card *c)
{
	const struct effect *technique = NULL, *tactic = NULL;
	bool ignored = false;

	for (uint32_t i = 0; i < c->n_metadata; i++) {
		const struct card_meta *m = &c->metadata[i];
		ignored |= is_ignored(e, m);
		if (strcmp(m->key, "casus_effect") == 0) {
			const struct effect *f = effects_find(e, m->value);
			if (f)
				return f;
		} else if (strcmp(m->key, "mitre_technique_id") == 0 && !technique) {
			technique = look_up(e, MAP_TECHNIQUE, m->value);
		} else if (strcmp(m->key, "mitre_tactic_id") == 0 && !tactic) {
			tactic = look_up(e, MAP_TACTIC, m->value);
		}
	}
	if (ignored)
		return NULL;
	if (technique || tactic)
		return technique ? technique : tactic;
	technique = c->classtype ? look_up(e, MAP_CLASSTYPE, c->classtype) : NULL;
	return technique ? technique : by_message(e, c->msg);
}
