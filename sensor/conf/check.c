/*
 * check - which keys of the tree no table knows.
 */
#include "conf/tree.h"

#define NAMES_MAX 512

enum known {
	KNOWN_NOT,
	KNOWN_ABOVE, /* a section: keys below it are known */
	KNOWN_LEAF   /* an option, or within a free tree */
};

struct check {
	struct conf *c;
	const struct option_table *const *tables;
	struct diag *d;
	int rc;
};

/* Is `path` equal to `key` or above it? */
static enum known
relation(const char *path, const char *key, bool below_too)
{
	size_t n = strlen(path), k = strlen(key);

	if (strncmp(path, key, n < k ? n : k) != 0)
		return KNOWN_NOT;
	if (n == k)
		return KNOWN_LEAF;
	if (n < k)
		return key[n] == '.' ? KNOWN_ABOVE : KNOWN_NOT;
	return below_too && path[k] == '.' ? KNOWN_LEAF : KNOWN_NOT;
}

static enum known
look_up(const struct check *k, const char *path)
{
	enum known best = KNOWN_NOT, one;

	for (unsigned i = 0; k->tables[i]; i++) {
		const struct option_table *t = k->tables[i];
		for (const struct option *o = t->rows; o && o->key; o++)
			if ((one = relation(path, o->key, false)) > best)
				best = one;
		for (const struct option_tree *tree = t->trees; tree && tree->prefix; tree++)
			if ((one = relation(path, tree->prefix, true)) > best)
				best = one;
	}
	return best;
}

/* The part of `key` that follows `above`, as a text of the arena; NULL when it is not below. */
static const char *
next_part(struct arena *a, const char *above, const char *key)
{
	size_t n = strlen(above);

	if (n) {
		if (strncmp(key, above, n) != 0 || key[n] != '.')
			return NULL;
		key += n + 1;
	}
	return arena_printf(a, "%.*s", (int) strcspn(key, "."), key);
}

/* The known key beside `name` that is spelt most like it. */
static const char *
nearest(const struct check *k, const char *above, const char *name)
{
	const char *names[NAMES_MAX + 1];
	unsigned n = 0;

	for (unsigned i = 0; k->tables[i]; i++) {
		const struct option_table *t = k->tables[i];
		for (const struct option *o = t->rows; o && o->key && n < NAMES_MAX; o++)
			if ((names[n] = next_part(&k->c->arena, above, o->key)))
				n++;
		for (const struct option_tree *tree = t->trees; tree && tree->prefix && n < NAMES_MAX; tree++)
			if ((names[n] = next_part(&k->c->arena, above, tree->prefix)))
				n++;
	}
	names[n] = NULL;
	return yaml_nearest(name, names);
}

static void
unknown(struct check *k, const struct yaml *y, const char *above, const char *path)
{
	const char *near;

	if (k->c->foreign) {
		diag_note(k->d, y->file, y->key_line, y->key_column, "%s is not known to casus and has no effect", path);
		return;
	}
	near = nearest(k, above, y->key);
	diag_error(k->d, y->file, y->key_line, y->key_column, "unknown key %s%s%s%s", path,
	    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	k->rc = E_BAD;
}

static void
check_map(struct check *k, const struct yaml *map, const char *above)
{
	yaml_each(c, map) {
		const char *path = *above ? arena_printf(&k->c->arena, "%s.%s", above, c->key) : c->key;
		enum known known = path ? look_up(k, path) : KNOWN_LEAF;

		if (known == KNOWN_NOT) {
			unknown(k, c, above, path);
		} else if (known == KNOWN_ABOVE && c->kind == YAML_MAP) {
			check_map(k, c, path);
		} else if (known == KNOWN_ABOVE && c->kind != YAML_NULL && !k->c->foreign) {
			diag_error(k->d, c->file, c->line, c->column, "%s is %s, expected a map", path,
			    c->kind == YAML_LIST ? "a list" : "a value");
			k->rc = E_BAD;
		}
	}
}

int
conf_check_unknown(struct conf *c, const struct option_table *const tables[], struct diag *d)
{
	struct check k = { c, tables, d, 0 };

	check_map(&k, c->root, "");
	return k.rc;
}
