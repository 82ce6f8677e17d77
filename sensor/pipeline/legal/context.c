#include "pipeline/legal/context.h"

#include <stdlib.h>

#include "base/clock.h"

static const char *
text(struct context *c, const struct yaml *map, const char *key, bool needed, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);

	if (!y) {
		if (needed)
			yaml_error(map, d, "a statement needs %s", key);
		return NULL;
	}
	const char *t = yaml_text(y, d);
	return t ? arena_strdup(&c->arena, t) : NULL;
}

static const char *
one_of(struct context *c, const struct yaml *map, const char *key, const char *const *list, uint32_t n, struct diag *d)
{
	const char *t = text(c, map, key, false, d);

	for (uint32_t i = 0; t && i < n; i++)
		if (strcmp(t, list[i]) == 0)
			return t;
	if (t)
		yaml_error(yaml_get(map, key), d, "%s: \"%s\" is not one of the ladder's", key, t);
	return NULL;
}

void
context_fact(const struct yaml *y, struct fact *f, struct diag *d)
{
	if (y->kind == YAML_LIST && y->n == 2) {
		if (yaml_f64(y->child, &f->lo, d) < 0 || yaml_f64(y->child->next, &f->hi, d) < 0)
			return;
		if (f->hi < f->lo)
			yaml_error(y, d, "%s: the second number is below the first", y->key);
		f->likely = (f->lo + f->hi) / 2;
	} else {
		if (yaml_f64(y, &f->lo, d) < 0)
			return;
		f->likely = f->hi = f->lo;
	}
	if (f->lo < 0)
		yaml_error(y, d, "%s: at least 0 was expected", y->key);
	f->known = true;
	f->method = "told by a person";
}

static void
read_facts(const struct yaml *map, const struct packs *p, struct statement *s, struct diag *d)
{
	if (yaml_is_map(map, d) < 0)
		return;
	yaml_each(y, map)
	{
		uint32_t i = 0;
		while (i < p->n_human && strcmp(p->human[i].name, y->key) != 0)
			i++;
		if (i == p->n_human)
			diag_error(d, y->file, y->key_line, y->key_column, "\"%s\" is not a fact of the ladder", y->key);
		else
			context_fact(y, &s->fact[i], d);
	}
}

/* What raises a band says where: a report of harm without a place would raise every incident. */
static void
check_scope(const struct yaml *y, const struct statement *s, struct diag *d)
{
	static const char *const keys[] = { "facts", "confirms", "linked", "kinetic", NULL };

	if (s->incident || s->owner || s->territory || s->sector || s->between)
		return;
	for (size_t i = 0; keys[i]; i++)
		if (yaml_get(y, keys[i]))
			yaml_error(yaml_get(y, keys[i]), d, "%s: say of what (incident, owner, territory, sector or between)", keys[i]);
}

static void
read_between(struct context *c, const struct yaml *y, struct statement *s, struct diag *d)
{
	const char **w;

	if (!y)
		return;
	if (y->kind != YAML_LIST || y->n != 2 || !y->child->text || !y->child->next->text) {
		yaml_error(y, d, "between: a list of two parties was expected");
		return;
	}
	w = arena_alloc(&c->arena, 2 * sizeof(*w));
	if (!w)
		return;
	w[0] = arena_strdup(&c->arena, y->child->text);
	w[1] = arena_strdup(&c->arena, y->child->next->text);
	s->between = w;
	s->n_between = 2;
}

static void
read_kinetic(struct context *c, const struct yaml *y, struct statement *s, struct diag *d)
{
	static const char *const keys[] = { "what", "time", NULL };

	if (!y)
		return;
	yaml_only(y, keys, d);
	s->kinetic = text(c, y, "what", true, d);
	if (yaml_get(y, "time"))
		yaml_time(yaml_get(y, "time"), &s->kinetic_at, d);
	else
		yaml_error(y, d, "kinetic: what and time were expected");
}

static void
read_statement(struct context *c, const struct yaml *y, const struct packs *p, struct statement *s, struct diag *d)
{
	static const char *const keys[] = { "id", "author", "time", "expires", "incident", "owner", "territory", "sector", "circumstance",
		"between", "attribution", "actor", "confidence", "confirms", "facts", "linked", "kinetic", "note", NULL };
	static const char *const confidence[] = { "scale", "value", NULL };
	const struct yaml *conf = yaml_get(y, "confidence");
	uint64_t n = 0;

	yaml_only(y, keys, d);
	s->id = text(c, y, "id", true, d);
	s->author = text(c, y, "author", true, d);
	s->note = text(c, y, "note", false, d);
	if (!yaml_get(y, "time"))
		yaml_error(y, d, "a statement needs time");
	else
		yaml_time(yaml_get(y, "time"), &s->time, d);
	if (yaml_get(y, "expires") && yaml_time(yaml_get(y, "expires"), &s->expires, d) == 0 && s->expires <= s->time)
		yaml_error(yaml_get(y, "expires"), d, "expires: a time after the statement's was expected");
	s->incident = text(c, y, "incident", false, d);
	s->owner = text(c, y, "owner", false, d);
	s->territory = text(c, y, "territory", false, d);
	s->sector = text(c, y, "sector", false, d);
	s->circumstance = one_of(c, y, "circumstance", p->circumstances, p->n_circumstances, d);
	s->attribution = one_of(c, y, "attribution", p->attributions, p->n_attributions, d);
	s->actor = one_of(c, y, "actor", p->actors, p->n_actors, d);
	if (conf) {
		yaml_only(conf, confidence, d);
		s->scale = text(c, conf, "scale", true, d);
		s->value = text(c, conf, "value", true, d);
	}
	if (yaml_get(y, "confirms"))
		yaml_bool(yaml_get(y, "confirms"), &s->confirms, d);
	if (yaml_get(y, "linked") && yaml_u64(yaml_get(y, "linked"), &n, 1000000, d) == 0)
		s->linked = (uint32_t) n;
	read_between(c, yaml_get(y, "between"), s, d);
	read_kinetic(c, yaml_get(y, "kinetic"), s, d);
	read_facts(yaml_get(y, "facts"), p, s, d);
	check_scope(y, s, d);
}

/* A statement as it came: signed, and then its text is the statement; or bare where that may be. */
static void
read_entry(struct context *c, const struct yaml *y, const struct packs *p, const struct context_trust *t, struct statement *s, struct diag *d)
{
	const struct yaml *wrap = yaml_get(y, "signed");
	const struct author_key *by = NULL;
	struct yaml_doc doc;
	const char *inner;

	s->channel = t->channel;
	if (!wrap) {
		if (!t->unsigned_ok)
			yaml_error(y, d, "the statement is not signed, and unsigned ones are not taken here%s%s", t->unsigned_why ? ": " : "",
			    t->unsigned_why ? t->unsigned_why : "");
		read_statement(c, y, p, s, d);
		return;
	}
	if (!t->keys) {
		yaml_error(wrap, d, "a signed statement, and no keys to check it by (context-keys)");
		return;
	}
	inner = signed_text(t->keys, wrap, &by, d);
	if (!inner || yaml_read_text(&doc, wrap->file, span_str(inner), d) < 0)
		return;
	if (!doc.root || doc.root->kind != YAML_MAP)
		yaml_error(wrap, d, "the signed text is not a statement");
	else
		read_statement(c, doc.root, p, s, d);
	if (by->author && s->author && strcmp(by->author, s->author) != 0)
		yaml_error(wrap, d, "the key %s speaks as \"%s\", not as \"%s\"", by->name, by->author, s->author);
	s->signed_by = arena_strdup(&c->arena, by->name);
	yaml_clear(&doc);
}

static int
by_time(const void *a, const void *b)
{
	const struct statement *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return strcmp(x->id ? x->id : "", y->id ? y->id : "");
}

int
context_read(struct context *c, const char *path, const struct packs *p, const struct context_trust *t, struct diag *d)
{
	static const char *const keys[] = { "version", "statements", "note", NULL };
	struct yaml_doc doc;
	uint32_t errors = d->errors;
	const struct yaml *list;

	memset(c, 0, sizeof(*c));
	arena_init(&c->arena, 64 << 20);
	if (yaml_read(&doc, path, d) < 0) {
		if (d->errors == errors)
			diag_error(d, path, 0, 0, "context inputs cannot be read");
		return -1;
	}
	yaml_only(doc.root, keys, d);
	list = yaml_get(doc.root, "statements");
	if (!list || list->kind != YAML_LIST)
		diag_error(d, path, 1, 1, "no list `statements`");
	if (list && list->kind != YAML_LIST)
		list = NULL;
	c->cap = list ? list->n : 0;
	c->s = arena_zalloc(&c->arena, c->cap * sizeof(*c->s) + 1);
	yaml_each(y, list) if (c->s) read_entry(c, y, p, t, &c->s[c->n++], d);
	if (c->n)
		qsort(c->s, c->n, sizeof(*c->s), by_time);
	yaml_clear(&doc);
	return d->errors > errors ? -1 : 0;
}

static bool
is_told(const struct context *c, const char *id)
{
	for (uint32_t i = 0; id && i < c->n; i++)
		if (c->s[i].id && strcmp(c->s[i].id, id) == 0)
			return true;
	return false;
}

static int
make_room(struct context *c)
{
	uint32_t cap = c->cap ? c->cap * 2 : 16;
	struct statement *s;

	if (c->n < c->cap)
		return 0;
	s = arena_zalloc(&c->arena, cap * sizeof(*s));
	if (!s)
		return E_NOMEM;
	if (c->n)
		memcpy(s, c->s, c->n * sizeof(*s));
	c->s = s;
	c->cap = cap;
	return 0;
}

int
context_add(struct context *c, const char *name, struct span text, const struct packs *p, const struct context_trust *t,
    const struct statement **out, struct diag *d)
{
	uint32_t errors = d->errors, at;
	struct statement s = { 0 };
	struct yaml_doc doc;

	if (!c->arena.ceiling)
		arena_init(&c->arena, 64 << 20);
	if (yaml_read_text(&doc, name, text, d) < 0)
		return -1;
	if (!doc.root || doc.root->kind != YAML_MAP)
		diag_error(d, name, 1, 1, "a statement was expected: id, author, time, what it is of, what it says");
	else
		read_entry(c, doc.root, p, t, &s, d);
	yaml_clear(&doc);
	if (d->errors == errors && is_told(c, s.id))
		diag_error(d, name, 1, 1, "a statement %s was told before", s.id);
	if (d->errors == errors && make_room(c) < 0)
		diag_error(d, name, 1, 1, "no room for more statements");
	if (d->errors > errors)
		return -1;
	for (at = c->n++; at > 0 && by_time(&s, &c->s[at - 1]) < 0; at--)
		c->s[at] = c->s[at - 1];
	c->s[at] = s;
	*out = &c->s[at];
	return 0;
}

void
context_remove(struct context *c, const struct statement *s)
{
	size_t at = (size_t) (s - c->s);

	memmove(c->s + at, c->s + at + 1, (--c->n - at) * sizeof(*s));
}

void
context_clear(struct context *c)
{
	arena_clear(&c->arena);
	memset(c, 0, sizeof(*c));
}

int64_t
context_next(const struct context *c, int64_t now)
{
	int64_t next = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (c->s[i].time > now && (!next || c->s[i].time < next))
			next = c->s[i].time;
		if (c->s[i].expires > now && (!next || c->s[i].expires < next))
			next = c->s[i].expires;
	}
	return next;
}

static bool
asset_fits(const struct statement *s, const struct asset *a)
{
	return (!s->between || territory_among(s->between, s->n_between, a->owner) || territory_among(s->between, s->n_between, a->territory))
	    && (!s->owner || strcmp(s->owner, a->owner) == 0) && (!s->territory || strcmp(s->territory, a->territory) == 0)
	    && (!s->sector || strcmp(s->sector, a->sector) == 0);
}

bool
statement_applies(const struct statement *s, const struct incident *i, int64_t now)
{
	if (s->time > now || (s->expires && s->expires <= now))
		return false;
	if (s->incident && strcmp(s->incident, i->id) != 0)
		return false;
	if (!s->owner && !s->territory && !s->sector && !s->between)
		return true;
	for (uint32_t k = 0; k < i->n_assets; k++)
		if (asset_fits(s, i->assets[k]))
			return true;
	return false;
}

void
context_apply(const struct context *c, const struct packs *p, const struct incident *i, int64_t now, struct facts *f, bool *confirmed,
    uint32_t *linked)
{
	*confirmed = false;
	*linked = 0;
	for (uint32_t k = 0; k < c->n; k++) {
		const struct statement *s = &c->s[k];
		if (!statement_applies(s, i, now))
			continue;
		if (s->circumstance)
			f->circumstance = s->circumstance;
		if (s->attribution)
			f->attribution = s->attribution;
		if (s->actor)
			f->actor = s->actor;
		*confirmed |= s->confirms;
		*linked += s->linked;
		for (uint32_t h = 0; h < p->n_human; h++)
			if (s->fact[h].known)
				f->human[h] = s->fact[h];
	}
}
