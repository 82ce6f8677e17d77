/*
 * conf - reading files and assignments into one tree. What the keys mean is in fill.c and check.c.
 */
#include "conf/conf.h"

#include <stdlib.h>

#include "conf/tree.h"

#define INCLUDE_DEPTH 8
#define FILES_MAX 256u

struct loading {
	struct conf *c;
	struct diag *d;
	unsigned depth;
	const char *file; /* being read */
};

static int load(struct loading *l, struct yaml *into, const char *path, const struct yaml *from);
static int put_members(struct loading *l, struct yaml *into, const struct yaml *from);

struct conf *
conf_new(void)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	arena_init(&c->arena, 0);
	c->root = tree_node(&c->arena, YAML_MAP, NULL);
	if (!c->root) {
		free(c);
		return NULL;
	}
	return c;
}

void
conf_free(struct conf *c)
{
	if (!c)
		return;
	arena_clear(&c->arena);
	free(c);
}

bool
conf_is_foreign(const struct conf *c)
{
	return c->foreign;
}

/* In a suricata.yaml "_" and "-" are one in keys, except in the names of variables. */
static const char *
member_key(const struct loading *l, const struct yaml *map, const char *key)
{
	char *copy;

	if (!key || !l->c->foreign || !strchr(key, '_') ||
	    (map->key && (strcmp(map->key, "address-groups") == 0 || strcmp(map->key, "port-groups") == 0)))
		return key;
	copy = arena_strdup(&l->c->arena, key);
	for (char *p = copy; p && *p; p++)
		if (*p == '_')
			*p = '-';
	return copy;
}

/* Gives `old` the value of `new`, both nodes of the tree. */
static void
replace(struct yaml *old, const struct yaml *new)
{
	struct yaml *next = old->next;

	*old = *new;
	old->next = next;
}

/* Reads what an `include:` names, a text or a list of texts, into the map. */
static int
include(struct loading *l, struct yaml *into, const struct yaml *what)
{
	const char *name;
	int rc = 0, one;

	if (what->kind == YAML_LIST) {
		yaml_each(c, what) {
			one = include(l, into, c);
			rc = one < 0 ? one : rc;
		}
		return rc;
	}
	name = yaml_text(what, l->d);
	if (!name)
		return E_BAD;
	return load(l, into, tree_path(&l->c->arena, what->file, name), what);
}

/* Copies a member into the map: over one of the same key, in casus.yaml map into map. */
static int
put_member(struct loading *l, struct yaml *into, const struct yaml *from)
{
	const char *key = member_key(l, into, from->key);
	struct yaml *old = key ? tree_get(into, key, strlen(key)) : NULL;
	struct yaml *new = tree_node(&l->c->arena, from->kind, key);
	int rc = 0;

	if (!new)
		return E_NOMEM;
	if (from->tag && strcmp(from->tag, "!include") == 0) {
		new->kind = YAML_MAP;
		rc = include(l, new, from);
	} else if (from->kind == YAML_MAP && old && old->kind == YAML_MAP && !l->c->foreign) {
		return put_members(l, old, from);
	} else if (from->kind == YAML_MAP || from->kind == YAML_LIST) {
		rc = put_members(l, new, from);
	}
	new->text = arena_strdup(&l->c->arena, from->text);
	new->quoted = from->quoted;
	new->file = l->file;
	new->line = from->line;
	new->column = from->column;
	new->key_line = from->key_line;
	new->key_column = from->key_column;
	if (!new->text)
		return E_NOMEM;
	if (old)
		replace(old, new);
	else
		tree_append(into, new);
	return rc;
}

static int
put_members(struct loading *l, struct yaml *into, const struct yaml *from)
{
	int rc = 0, one;

	yaml_each(c, from) {
		if (c->key && strcmp(c->key, "include") == 0)
			one = include(l, into, c);
		else
			one = put_member(l, into, c);
		rc = one < 0 ? one : rc;
	}
	return rc;
}

static int
load_document(struct loading *l, struct yaml *into, const struct yaml_doc *doc)
{
	if (l->depth == 1 && doc->yaml11)
		l->c->foreign = true;
	if (!doc->root)
		return 0;
	if (doc->root->kind != YAML_MAP) {
		yaml_error(doc->root, l->d, "the file is not a map, expected \"key: value\" lines");
		return E_BAD;
	}
	return put_members(l, into, doc->root);
}

/* `from` is the node that includes the file, NULL for the first one. */
static int
load(struct loading *l, struct yaml *into, const char *path, const struct yaml *from)
{
	struct yaml_doc doc;
	const char *outer = l->file;
	char *name = path ? arena_strdup(&l->c->arena, path) : NULL;
	int rc;

	if (!name)
		return E_NOMEM;
	if (l->depth == INCLUDE_DEPTH || ++l->c->files > FILES_MAX) {
		yaml_error(from, l->d, "%s: files are included too deep or too many of them, expected at most %d levels",
		    path, INCLUDE_DEPTH);
		return E_LIMIT;
	}
	l->depth++;
	l->file = name;
	rc = yaml_read(&doc, path, l->d);
	if (rc == 0) {
		rc = load_document(l, into, &doc);
		yaml_clear(&doc);
	} else if (from) {
		yaml_error(from, l->d, "cannot include %s", path);
	}
	l->depth--;
	l->file = outer;
	return rc;
}

int
conf_read(struct conf *c, const char *path, struct diag *d)
{
	struct loading l = { .c = c, .d = d };

	return load(&l, c->root, path, NULL);
}

int
conf_set(struct conf *c, const char *assignment, struct diag *d)
{
	const char *eq = strchr(assignment, '='), *why = "it is empty";
	struct yaml *y = NULL;
	char *key;

	if (!eq) {
		diag_error(d, tree_from_set, 0, 0, "\"%s\" has no \"=\", expected key=value", assignment);
		return E_BAD;
	}
	if (!yaml_is_text(tree_from_set, span_str(assignment), d))
		return E_BAD;
	key = arena_printf(&c->arena, "%.*s", (int) (eq - assignment), assignment);
	if (!key)
		return E_NOMEM;
	if (*key)
		y = tree_make(&c->arena, c->root, key, &why);
	if (!y) {
		diag_error(d, tree_from_set, 0, 0, "cannot set \"%s\": %s", key, why);
		return E_BAD;
	}
	y->kind = eq[1] == 0 || strcmp(eq + 1, "~") == 0 ? YAML_NULL : YAML_SCALAR;
	y->text = y->kind == YAML_NULL ? "" : arena_strdup(&c->arena, eq + 1);
	y->child = NULL;
	y->n = 0;
	y->quoted = false;
	y->file = tree_from_set;
	y->line = y->column = y->key_line = y->key_column = 0;
	return y->text ? 0 : E_NOMEM;
}

const struct yaml *
conf_find(const struct conf *c, const char *key)
{
	return yaml_path(c->root, key);
}

const char *
conf_string(const struct conf *c, const char *key, const char *otherwise)
{
	const struct yaml *y = conf_find(c, key);

	return y && y->kind == YAML_SCALAR ? y->text : otherwise;
}
