/*
 * options - "name:value; name; ..." cut into pieces.
 *
 * As in Suricata an option ends at the first ';' without a backslash before it, inside quotes or not.
 */
#include <ctype.h>
#include <stdlib.h>

#include "rule/lookup.h"

static char *
option_end(char *text)
{
	char *p = text;

	while ((p = strchr(p, ';')) && p > text && p[-1] == '\\')
		p++;
	return p;
}

/* Room for one more in the scratch list. */
static struct rule_option *
new_option(struct rule_lookup *k, uint32_t n)
{
	if (n == k->options_cap) {
		uint32_t cap = k->options_cap ? k->options_cap * 2 : 64;
		struct rule_option *o = realloc(k->options, cap * sizeof(*o));
		if (!o)
			return NULL;
		k->options = o;
		k->options_cap = cap;
	}
	return &k->options[n];
}

static int
read_option(struct parse *p, char *text, struct rule_option *o)
{
	char *colon = strchr(text, ':'), *value = NULL, *name;
	uint32_t line;

	if (colon) {
		*colon = 0;
		value = text_trimmed(colon + 1);
	}
	name = text_trimmed(text);
	if (!*name)
		return parse_error(p, name, "empty option, expected NAME; or NAME:VALUE;");
	for (char *c = name; *c; c++)
		*c = (char) tolower((unsigned char) *c);
	*o = (struct rule_option) { .name = name, .value = value };
	lines_place(p->lines, (uint32_t) (name - p->work), &o->line, &o->column);
	if (value)
		lines_place(p->lines, (uint32_t) (value - p->work), &line, &o->value_column);
	return 0;
}

int
options_read(struct parse *p, char *text)
{
	struct rule_lookup *k = p->s->lookup;
	struct rule_option *all;
	uint32_t n = 0;

	while (text = text + strspn(text, " \t\r\n\f\v"), *text) {
		char *end = option_end(text);
		struct rule_option *o = new_option(k, n);
		if (!end)
			return parse_error(p, text, "option without an end, expected ';'");
		if (!o)
			return E_NOMEM;
		*end = 0;
		if (read_option(p, text, o) < 0)
			return E_BAD;
		n++;
		text = end + 1;
	}
	all = arena_alloc(&p->s->arena, n * sizeof(*all));
	if (!all)
		return E_NOMEM;
	if (n)
		memcpy(all, k->options, n * sizeof(*all));
	p->r->options = all;
	p->r->n_options = n;
	return 0;
}
