/*
 * tree - making, copying and extending nodes.
 */
#include "conf/tree.h"

#define PAD_MAX 256 /* empty elements that "list.N.key" may add before it */

const char tree_from_set[] = "--set";

struct yaml *
tree_node(struct arena *a, enum yaml_kind kind, const char *key)
{
	struct yaml *y = arena_zalloc(a, sizeof(*y));

	if (!y)
		return NULL;
	y->kind = kind;
	y->text = "";
	y->key = key ? arena_strdup(a, key) : NULL;
	y->file = tree_from_set;
	return y;
}

/* Texts are copied too: the document they come from is given back after reading. */
struct yaml *
tree_copy(struct arena *a, const struct yaml *from)
{
	struct yaml *y = tree_node(a, from->kind, from->key);

	if (!y)
		return NULL;
	y->quoted = from->quoted;
	y->file = from->file;
	y->line = from->line;
	y->column = from->column;
	y->key_line = from->key_line;
	y->key_column = from->key_column;
	y->text = arena_strdup(a, from->text);
	yaml_each(c, from)
		tree_append(y, tree_copy(a, c));
	return y;
}

struct yaml *
tree_get(struct yaml *map, const char *key, size_t n)
{
	for (struct yaml *c = map->child; c; c = c->next)
		if (c->key && strncmp(c->key, key, n) == 0 && c->key[n] == 0)
			return c;
	return NULL;
}

void
tree_append(struct yaml *parent, struct yaml *child)
{
	struct yaml **tail = &parent->child;

	if (!child)
		return;
	while (*tail)
		tail = &(*tail)->next;
	*tail = child;
	parent->n++;
}

/* -1 when the part is not a list position. */
static int
position(const char *part, size_t n)
{
	int at = 0;

	if (n == 0 || n > 4)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (part[i] < '0' || part[i] > '9')
			return -1;
		at = at * 10 + (part[i] - '0');
	}
	return at;
}

static struct yaml *
make_element(struct arena *a, struct yaml *list, int at, const char **why)
{
	struct yaml *c;

	if (at < 0 || at > (int) list->n + PAD_MAX) {
		*why = "it is a list there, expected a position in it";
		return NULL;
	}
	while (list->n <= (uint32_t) at) {
		c = tree_node(a, YAML_NULL, NULL);
		if (!c)
			return NULL;
		tree_append(list, c);
	}
	for (c = list->child; at > 0; at--)
		c = c->next;
	return c;
}

/* An element that is only a name, such as "- alert", becomes "- alert: " so that it can have members. */
static void
name_to_map(struct arena *a, struct yaml *y)
{
	const char *name = y->key == NULL && y->kind == YAML_SCALAR ? y->text : NULL;

	y->kind = YAML_MAP;
	y->text = "";
	if (name)
		tree_append(y, tree_node(a, YAML_NULL, name));
}

static struct yaml *
make_step(struct arena *a, struct yaml *y, const char *part, size_t n, const char **why)
{
	struct yaml *c;
	int at = position(part, n);

	if (n == 0) {
		*why = "a part of the key is empty";
		return NULL;
	}
	if ((n == 7 && strncmp(part, "include", n) == 0) || (n == 2 && strncmp(part, "<<", n) == 0)) {
		*why = "files and maps are taken in by files, expected the key itself";
		return NULL;
	}
	if (y->kind == YAML_LIST || (y->kind == YAML_NULL && at >= 0)) {
		y->kind = YAML_LIST;
		return make_element(a, y, at, why);
	}
	if (y->kind != YAML_MAP)
		name_to_map(a, y);
	c = tree_get(y, part, n);
	if (!c) {
		char *key = arena_printf(a, "%.*s", (int) n, part);
		c = key ? tree_node(a, YAML_NULL, key) : NULL;
		if (c)
			tree_append(y, c);
	}
	return c;
}

struct yaml *
tree_make(struct arena *a, struct yaml *root, const char *path, const char **why)
{
	unsigned depth = 0;

	*why = "out of memory";
	do {
		size_t n = strcspn(path, ".");
		if (++depth > 32) {
			*why = "the key has more than 32 parts";
			return NULL;
		}
		root = make_step(a, root, path, n, why);
		path += n;
	} while (root && *path++ == '.');
	return root;
}

const char *
tree_path(struct arena *a, const char *file, const char *path)
{
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (path[0] == '/' || path[0] == 0 || !slash || file == tree_from_set)
		return path;
	return arena_printf(a, "%.*s/%s", (int) (slash - file), file, path);
}
