/* The file of kind `release`: read and checked. */
#include "pipeline/legal/release.h"

#include "pipeline/legal/pack_private.h"

static const char *const audiences[] = { "everybody", "community", "named", "nobody", NULL };
static const char *const term_names[] = { "class", "owner", "territory", "sector", "zone", "criticality", "effect", "exercise", NULL };

/* A list under a key, as many entries as it has. NULL and an error: it is none. */
static void *
entries(struct pack_reader *r, const struct yaml *root, const char *key, size_t size, const struct yaml **list)
{
	*list = yaml_get(root, key);
	if (!*list || (*list)->kind != YAML_LIST || !(*list)->n) {
		yaml_error(*list ? *list : root, r->d, "%s: a list was expected", key);
		*list = NULL;
		return NULL;
	}
	return arena_zalloc(r->arena, (*list)->n * size);
}

static int
word_index(const char *const *words, const char *word)
{
	for (int i = 0; word && words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static int
party_index(const struct packs *p, const char *id)
{
	for (uint32_t i = 0; id && i < p->n_parties; i++)
		if (p->party[i].id && strcmp(p->party[i].id, id) == 0)
			return (int) i;
	return -1;
}

static void
party_add(struct pack_reader *r, const struct yaml *y, uint32_t *set)
{
	int k = y->kind == YAML_SCALAR ? party_index(r->p, y->text) : -1;

	if (k < 0)
		yaml_error(y, r->d, "\"%s\" is not a party that has a pack", y->kind == YAML_SCALAR ? y->text : "");
	else
		*set |= UINT32_C(1) << k;
}

/* A party or a list of parties; "all": every party that has a pack. */
static uint32_t
parties(struct pack_reader *r, const struct yaml *y)
{
	uint32_t set = 0;

	if (y && y->kind == YAML_SCALAR && strcmp(y->text, "all") == 0)
		return r->p->n_parties == 32 ? UINT32_MAX : (UINT32_C(1) << r->p->n_parties) - 1;
	if (y && y->kind == YAML_SCALAR)
		party_add(r, y, &set);
	else if (y && y->kind == YAML_LIST)
		yaml_each(c, y) party_add(r, c, &set);
	else if (y)
		yaml_error(y, r->d, "a list of parties was expected");
	return set;
}

static void
read_to(struct pack_reader *r, const struct yaml *y, struct release_to *to)
{
	*to = (struct release_to) { .given = y != NULL };
	if (!y)
		return;
	if (y->kind != YAML_LIST) {
		yaml_error(y, r->d, "to: a list of parties, owner, its-owner, unowned was expected");
		return;
	}
	yaml_each(c, y)
	{
		if (c->kind == YAML_SCALAR && strcmp(c->text, "owner") == 0)
			to->owner = true;
		else if (c->kind == YAML_SCALAR && strcmp(c->text, "its-owner") == 0)
			to->its_owner = true;
		else if (c->kind == YAML_SCALAR && strcmp(c->text, "unowned") == 0)
			to->unowned = true;
		else
			party_add(r, c, &to->parties);
	}
}

static uint8_t
read_marking_of(struct pack_reader *r, const struct yaml *map)
{
	const struct release *x = r->p->release;
	const char *id = pack_text(r, map, "marking", true);

	for (uint32_t i = 0; id && i < x->n_markings; i++)
		if (x->marking[i].id && strcmp(x->marking[i].id, id) == 0)
			return (uint8_t) i;
	if (id)
		yaml_error(yaml_get(map, "marking"), r->d, "\"%s\" is not one of the markings above", id);
	return 0;
}

static void
read_marking(struct pack_reader *r, const struct yaml *y, struct release_marking *m)
{
	static const char *const keys[] = { "id", "stix", "audience", "clients", "say", "sources", NULL };
	const struct yaml *a = yaml_get(y, "audience");
	int k = a && a->kind == YAML_SCALAR ? word_index(audiences, a->text) : -1;

	yaml_only(y, keys, r->d);
	*m = (struct release_marking) { .id = pack_text(r, y, "id", true), .stix = pack_text(r, y, "stix", true), .say = pack_text(r, y, "say", true) };
	if (k < 0)
		yaml_error(a ? a : y, r->d, "audience: everybody, community, named or nobody was expected");
	m->audience = k < 0 ? AUDIENCE_NOBODY : (enum release_audience) k;
	if (yaml_get(y, "clients"))
		yaml_bool(yaml_get(y, "clients"), &m->clients, r->d);
	pack_cites(r, y, m->cite, &m->n_cite);
}

static void
read_markings(struct pack_reader *r, const struct yaml *root, struct release *x)
{
	const struct yaml *list;

	x->marking = entries(r, root, "markings", sizeof(*x->marking), &list);
	yaml_each(y, list)
	{
		struct release_marking *m = &x->marking[x->n_markings];
		if (!x->marking || x->n_markings == 16)
			return;
		read_marking(r, y, m);
		if (x->n_markings && m->audience < m[-1].audience)
			yaml_error(y, r->d, "a later marking is more open than one before it; from open to closed was expected");
		x->n_markings++;
	}
}

static void
read_clients(struct pack_reader *r, const struct yaml *map, struct release *x)
{
	if (map && map->kind != YAML_MAP) {
		yaml_error(map, r->d, "clients: a map of parties was expected");
		return;
	}
	yaml_each(y, map)
	{
		int k = party_index(r->p, y->key);
		if (k < 0)
			yaml_error(y, r->d, "\"%s\" is not a party that has a pack", y->key ? y->key : "");
		else
			x->clients[k] = parties(r, y);
	}
}

static void
read_terms(struct pack_reader *r, const struct yaml *map, struct release_record *rec)
{
	if (map && map->kind != YAML_MAP) {
		yaml_error(map, r->d, "when: a map was expected");
		return;
	}
	yaml_each(y, map)
	{
		int k = word_index(term_names, y->key);
		struct release_term *t = &rec->term[rec->n_terms];
		if (k < 0 || rec->n_terms == RELEASE_TERMS) {
			yaml_error(y, r->d, "when: at most %d of class, owner, territory, sector, zone, criticality, effect, exercise were expected", RELEASE_TERMS);
			return;
		}
		t->of = term_names[k];
		pack_words(r, y, &t->words, &t->n);
		rec->n_terms++;
	}
}

static void
read_record(struct pack_reader *r, const struct yaml *y, struct release_record *rec)
{
	static const char *const keys[] = { "type", "when", "marking", "to", "say", NULL };

	yaml_only(y, keys, r->d);
	pack_words(r, yaml_get(y, "type"), &rec->types, &rec->n_types);
	if (!rec->n_types)
		yaml_error(y, r->d, "type: the records it is about were expected");
	read_terms(r, yaml_get(y, "when"), rec);
	rec->marking = read_marking_of(r, y);
	read_to(r, yaml_get(y, "to"), &rec->to);
	rec->say = pack_text(r, y, "say", false);
	if (rec->to.its_owner || rec->to.unowned)
		yaml_error(yaml_get(y, "to"), r->d, "its-owner and unowned are about elements of a list, not about a record");
}

static void
read_path(struct pack_reader *r, const struct yaml *y, struct release_field *f)
{
	const char *text = pack_text(r, y, "path", true);

	while (text && *text) {
		size_t n = strcspn(text, ".");
		if (f->n == RELEASE_PATH || !n) {
			yaml_error(yaml_get(y, "path"), r->d, "path: 1 to %d names with dots between them were expected", RELEASE_PATH);
			return;
		}
		f->part[f->n] = arena_printf(r->arena, "%.*s", (int) n, text);
		if (!f->part[f->n])
			return;
		f->rank = (uint8_t) (f->rank + (strcmp(f->part[f->n], "*") == 0 ? 0 : strcmp(f->part[f->n], "{party}") == 0 ? 1 : 2));
		f->n++;
		text += n + (text[n] == '.');
	}
}

static bool
same_path(const struct release_field *a, const struct release_field *b)
{
	bool same = a->n == b->n;

	for (uint8_t i = 0; same && i < a->n; i++)
		same = strcmp(a->part[i], b->part[i]) == 0;
	return same;
}

static void
read_fields(struct pack_reader *r, const struct yaml *root, struct release *x)
{
	static const char *const keys[] = { "path", "marking", "to", "say", NULL };
	const struct yaml *list;

	x->field = entries(r, root, "fields", sizeof(*x->field), &list);
	yaml_each(y, list)
	{
		struct release_field *f = x->field ? &x->field[x->n_fields] : NULL;
		if (!f)
			return;
		yaml_only(y, keys, r->d);
		read_path(r, y, f);
		f->marking = read_marking_of(r, y);
		read_to(r, yaml_get(y, "to"), &f->to);
		if (f->n)
			x->n_fields++;
		for (uint32_t i = 0; f->n && i + 1 < x->n_fields; i++)
			if (same_path(&x->field[i], f))
				yaml_error(y, r->d, "this path is there already");
	}
}

void
release_read(struct pack_reader *r, const struct yaml *root)
{
	static const char *const keys[] = { "kind", "id", "version", "note", "sources", "markings", "community", "clients", "streams", "records",
		"fields", NULL };
	struct release *x = arena_zalloc(r->arena, sizeof(*x));
	struct cite cite[CITES_MAX];
	const struct yaml *list;
	uint32_t n = 0;

	if (!x)
		return;
	r->p->release = x;
	yaml_only(root, keys, r->d);
	pack_cites(r, root, cite, &n);
	read_markings(r, root, x);
	x->community = parties(r, yaml_get(root, "community"));
	x->streams = parties(r, yaml_get(root, "streams"));
	read_clients(r, yaml_get(root, "clients"), x);
	x->record = entries(r, root, "records", sizeof(*x->record), &list);
	yaml_each(y, list) if (x->record) read_record(r, y, &x->record[x->n_records++]);
	read_fields(r, root, x);
}
