/*
 * config - classification.config and reference.config.
 *
 *   config classification: short-name,Description,priority
 *   config reference: system url-prefix
 */
#include <ctype.h>

#include "rule/lookup.h"

typedef const char *line_fn(struct rule_set *s, char *rest); /* NULL: good; else what was expected */

static const char *
read_class(struct rule_set *s, char *rest)
{
	static const char expected[] = "expected config classification: short-name,Description,priority";
	char *name = text_next_item(&rest), *description = text_next_item(&rest), *priority = text_next_item(&rest);
	struct rule_class *k = arena_zalloc(&s->arena, sizeof(*k));

	if (!priority || rest || !*name || text_u32(priority, UINT32_MAX, &k->priority) < 0 || k->priority == 0)
		return expected;
	k->name = arena_strdup(&s->texts->arena, name);
	k->description = arena_strdup(&s->texts->arena, description);
	if (!k->name || !k->description || map_set(&s->lookup->classes, span_str(k->name), k) < 0)
		return "no memory";
	return NULL;
}

static const char *
read_reference(struct rule_set *s, char *rest)
{
	static const char expected[] = "expected config reference: system url-prefix";
	char *name = text_next_word(&rest), *prefix = name ? text_next_word(&rest) : NULL;
	char *key, *value;

	if (!prefix || text_next_word(&rest))
		return expected;
	for (char *c = name; *c; c++)
		*c = (char) tolower((unsigned char) *c);
	key = arena_strdup(&s->arena, name);
	value = arena_strdup(&s->arena, prefix);
	if (!key || !value || map_set(&s->lookup->references, span_str(key), value) < 0)
		return "no memory";
	map_clear(&s->lookup->urls);
	return NULL;
}

/* "config WORD: rest" */
static char *
rest_behind(char *text, const char *word)
{
	char *first = text_next_word(&text);
	size_t n = strlen(word);

	if (!first || strcmp(first, "config") != 0)
		return NULL;
	text = text_trimmed(text);
	if (strncmp(text, word, n) != 0)
		return NULL;
	text = text_trimmed(text + n);
	return *text == ':' ? text + 1 : NULL;
}

static int
read_lines(struct rule_set *s, const char *path, const char *word, line_fn *fn, struct diag *d)
{
	struct lines l;
	int e;

	if (lookup_need(s) < 0)
		return E_NOMEM;
	if ((e = lines_open(&l, path)) < 0)
		return e;
	while ((e = lines_next(&l)) > 0) {
		char *text = lines_text(&l), *rest = text ? rest_behind(text, word) : NULL;
		const char *why = rest ? fn(s, rest) : "expected a line beginning with config and the kind of file";
		if (why)
			diag_warning(d, path, l.joins[0].line, 1, "bad %s line: %s", word, why);
	}
	lines_clear(&l);
	return e;
}

int
rule_set_classification(struct rule_set *s, const char *path, struct diag *d)
{
	return read_lines(s, path, "classification", read_class, d);
}

int
rule_set_references(struct rule_set *s, const char *path, struct diag *d)
{
	return read_lines(s, path, "reference", read_reference, d);
}
