/*
 * dump - everything in force as YAML that conf_read() takes again.
 */
#include <stdlib.h>
#include <unistd.h>

#include "conf/tree.h"

struct dump {
	const struct conf *c;
	const struct option_table *const *tables;
	struct arena a;
	FILE *out;
};

/* May the text stand plain, without changing its meaning? */
static bool
is_plain(const char *s)
{
	static const char *const words[] = { "~", "null", "Null", "NULL", "-", "?", NULL };

	if (!*s || strchr("-?:,[]{}#&*!|>'\"%@`= ", s[0]) || s[strlen(s) - 1] == ' ' || s[strlen(s) - 1] == ':')
		return false;
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(s, words[i]) == 0)
			return false;
	for (const char *p = s; *p; p++)
		if ((unsigned char) *p < 0x20 || (unsigned char) *p >= 0x7f || (*p == ':' && p[1] == ' ') ||
		    (*p == ' ' && p[1] == '#') || strchr("[]{},", *p))
			return false;
	return true;
}

static void
put_text(FILE *out, const char *s, bool quoted)
{
	if (!quoted && is_plain(s)) {
		fputs(s, out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char) *s < 0x20 || *s == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char) *s);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

/* The help of the row or tree at this path. */
static const char *
help_of(const struct dump *d, const char *path)
{
	for (unsigned i = 0; d->tables[i]; i++) {
		for (const struct option *o = d->tables[i]->rows; o && o->key; o++)
			if (strcmp(o->key, path) == 0)
				return o->help;
		for (const struct option_tree *t = d->tables[i]->trees; t && t->prefix; t++)
			if (strcmp(t->prefix, path) == 0)
				return t->help;
	}
	return NULL;
}

static void
put_comment(FILE *out, const char *help, int indent)
{
	if (!help)
		return;
	fprintf(out, "%*s# ", indent, "");
	for (; *help; help++)
		fputc(*help == '\n' ? ' ' : *help, out);
	fputc('\n', out);
}

static void put_children(struct dump *d, const struct yaml *y, const char *path, int indent);

/* What follows "key:" or "-" up to the end of the line, and the lines below. */
static void
put_value(struct dump *d, const struct yaml *y, const char *path, int indent)
{
	if (y->kind == YAML_SCALAR) {
		fputc(' ', d->out);
		put_text(d->out, y->text, y->quoted);
	} else if (y->kind == YAML_MAP && !y->child) {
		fputs(" {}", d->out);
	} else if (y->kind == YAML_LIST && !y->child) {
		fputs(" []", d->out);
	}
	fputc('\n', d->out);
	put_children(d, y, path, indent + 2);
}

static void
put_children(struct dump *d, const struct yaml *y, const char *path, int indent)
{
	yaml_each(c, y) {
		const char *below = !c->key ? "" : *path ? arena_printf(&d->a, "%s.%s", path, c->key) : c->key;
		if (c->key && *below)
			put_comment(d->out, help_of(d, below), indent);
		fprintf(d->out, "%*s", indent, "");
		if (c->key) {
			put_text(d->out, c->key, false);
			fputc(':', d->out);
		} else {
			fputc('-', d->out);
		}
		put_value(d, c, below, indent);
	}
}

/* Relative names are made absolute, since the dump may be read from another folder. */
static const char *
absolute(struct dump *d, const struct yaml *from, const char *path)
{
	char *cwd, *full;

	path = tree_path(&d->a, from ? from->file : NULL, path);
	if (!path || path[0] == '/' || path[0] == 0)
		return path;
	cwd = getcwd(NULL, 0);
	full = arena_printf(&d->a, "%s/%s", cwd ? cwd : ".", path);
	free(cwd);
	return full;
}

static void
add_row(struct dump *d, struct yaml *root, const struct option *o)
{
	const struct yaml *from = conf_find(d->c, o->key);
	const char *why, *text = o->def;
	struct yaml *y = tree_make(&d->a, root, o->key, &why);

	if (!y)
		return;
	if (from && from->kind == YAML_SCALAR)
		text = from->text;
	if (text && o->type == OPT_PATH)
		text = absolute(d, from && from->kind == YAML_SCALAR ? from : NULL, text);
	if (text) {
		y->kind = YAML_SCALAR;
		y->text = text;
		y->quoted = from && from->kind == YAML_SCALAR && from->quoted;
	}
}

static void
add_tree(struct dump *d, struct yaml *root, const struct option_tree *t)
{
	const struct yaml *from = conf_find(d->c, t->prefix);
	struct yaml *y, *copy;
	const char *why;

	if (!from || from->kind == YAML_NULL)
		return;
	y = tree_make(&d->a, root, t->prefix, &why);
	copy = tree_copy(&d->a, from);
	if (!y || !copy)
		return;
	if (y->kind == YAML_MAP && copy->kind == YAML_MAP) { /* rows of the same section came before */
		for (struct yaml *c = copy->child, *next; c; c = next) {
			next = c->next;
			c->next = NULL;
			if (!tree_get(y, c->key, strlen(c->key)))
				tree_append(y, c);
		}
		return;
	}
	y->kind = copy->kind;
	y->text = copy->text;
	y->quoted = copy->quoted;
	y->child = copy->child;
	y->n = copy->n;
}

void
conf_dump(const struct conf *c, const struct option_table *const tables[], FILE *out)
{
	struct dump d = { .c = c, .tables = tables, .out = out };
	struct yaml *root;

	arena_init(&d.a, 0);
	root = tree_node(&d.a, YAML_MAP, NULL);
	for (unsigned i = 0; root && tables[i]; i++) {
		for (const struct option *o = tables[i]->rows; o && o->key; o++)
			add_row(&d, root, o);
		for (const struct option_tree *t = tables[i]->trees; t && t->prefix; t++)
			add_tree(&d, root, t);
	}
	if (root)
		put_children(&d, root, "", 0);
	arena_clear(&d.a);
}
