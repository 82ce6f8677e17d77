/*
 * options - "name:value; name; ..." cut into pieces: once while a rule is read, again when it is built. What is cut is a copy that the
 * next rule takes the place of, so that it never leaves the cache and a rule takes no more memory than its text.
 *
 * As in Suricata an option ends at the first ';' without a backslash before it, inside quotes or not.
 */
#include <stdlib.h>

#include "rule/lookup.h"

#define RUNS_MAX 64 /* of options that a rule keeps, more of them: all of its text */

static char *
option_end(char *text, const char *end)
{
	char *p = text;

	while ((p = memchr(p, ';', (size_t) (end - p))) && p > text && p[-1] == '\\')
		p++;
	return p;
}

/* Room for one more. */
static int
make_room(struct rule_options *o)
{
	uint32_t cap = o->cap ? o->cap * 2 : 64;
	struct rule_option *v;

	if (o->n < o->cap)
		return 0;
	if (!(v = realloc(o->v, cap * sizeof(*v))))
		return E_NOMEM;
	o->v = v;
	o->cap = cap;
	return 0;
}

/* *name: where it is, good or bad. */
static int
read_option(char *text, char *end, struct rule_option *o, char **name)
{
	char *colon = text;

	*o = (struct rule_option) { .name = text };
	for (; colon < end && *colon != ':'; colon++)
		if (byte_lower((uint8_t) *colon) != (uint8_t) *colon) /* hardly ever */
			*colon = (char) byte_lower((uint8_t) *colon);
	if (colon < end) {
		o->value = text_trimmed_to(colon + 1, &end);
		o->n = (uint32_t) (end - o->value);
	}
	o->name = *name = text_trimmed_to(text, &colon);
	return **name ? 0 : E_BAD;
}

static void
set_place(struct rule_option *o, const char *text, const struct join *j, uint32_t n)
{
	uint32_t line;

	lines_place(j, n, (uint32_t) (o->name - text), &o->line, &o->column);
	if (o->value)
		lines_place(j, n, (uint32_t) (o->value - text), &line, &o->value_column);
}

/* E_BAD: *why, *at. */
static int
cut(struct rule_options *o, char *from, char *end, const struct join *j, uint32_t n_joins, const char **why, const char **at)
{
	o->n = 0;
	for (;; from++) {
		char *stop, *name;
		while (text_blank(*from))
			from++;
		if (from >= end)
			return 0;
		*at = from;
		*why = "option without an end, expected ';'";
		if (!(stop = option_end(from, end)))
			return E_BAD;
		if (make_room(o) < 0)
			return E_NOMEM;
		*why = "empty option, expected NAME; or NAME:VALUE;";
		if (read_option(from, stop, &o->v[o->n], &name) < 0) {
			*at = name;
			return E_BAD;
		}
		set_place(&o->v[o->n++], o->text.p, j, n_joins);
		from = stop;
	}
}

int
options_read(struct parse *p, char *from, char *end)
{
	const char *why, *at;
	int e = cut(p->options, from, end, p->lines->joins, p->lines->n_joins, &why, &at);

	return e == E_BAD ? parse_error(p, at, "%s", why) : e;
}

static int
keep(struct parse *p, struct span text, const struct join *j, uint32_t n, const char *from, const char *end)
{
	struct arena *a = &p->s->arena;
	struct rule *r = p->r;
	struct join *joins = arena_alloc(a, n * sizeof(*joins));

	r->text = arena_dup(a, text);
	if (!joins || !r->text.p)
		return E_NOMEM;
	memcpy(joins, j, n * sizeof(*joins));
	r->joins = joins;
	r->n_joins = n;
	r->options = (uint32_t) (from - p->work);
	r->options_end = (uint32_t) (end - p->work);
	return 0;
}

/* A run of text, and where it and the lines that begin in it come from. */
static void
add_run(const struct parse *p, struct span run, char *text, uint32_t *n, struct join *joins, uint32_t *n_joins)
{
	const struct lines *l = p->lines;
	uint32_t at = (uint32_t) (run.p - l->s.p);
	struct join *j = &joins[(*n_joins)++];

	j->offset = *n;
	lines_place(l->joins, l->n_joins, at, &j->line, &j->column);
	for (uint32_t i = 1; i < l->n_joins; i++)
		if (l->joins[i].offset > at && l->joins[i].offset < at + run.n)
			joins[(*n_joins)++] = (struct join) { l->joins[i].offset - at + *n, l->joins[i].line, l->joins[i].column };
	memcpy(text + *n, run.p, run.n);
	*n += run.n;
	if (run.p[run.n - 1] == '\\') /* it does not belong to the ';' */
		text[(*n)++] = ' ';
	text[(*n)++] = ';';
}

/* Cut out in the place of the copy that was cut, of which it never comes before what is still to be read. -1: too many. */
static int
keep_runs(struct parse *p, struct join *joins, uint32_t *n)
{
	const struct rule_options *o = p->options;
	struct span run = SPAN_NONE;
	uint32_t n_joins = 0;

	*n = 0;
	for (uint32_t i = 0; i <= o->n; i++) {
		const struct rule_option *v = &o->v[i];
		if (i < o->n && !v->meta) {
			const char *stop = v->value ? v->value + v->n : v->name + strlen(v->name);
			if (!run.n)
				run = parse_written(p, v->name, 0);
			run.n = (uint32_t) (stop - p->work - (run.p - p->lines->s.p));
		} else if (run.n) {
			if (n_joins + p->lines->n_joins >= JOINS_MAX + RUNS_MAX)
				return -1;
			add_run(p, run, p->work, n, joins, &n_joins);
			run = SPAN_NONE;
		}
	}
	return (int) n_joins;
}

int
options_keep(struct parse *p, char *from, char *end)
{
	struct join joins[JOINS_MAX + RUNS_MAX];
	uint32_t n;
	int runs = p->s->whole ? -1 : keep_runs(p, joins, &n);

	if (runs < 0)
		return keep(p, p->lines->s, p->lines->joins, p->lines->n_joins, from, end);
	return keep(p, span_of(p->work, n), joins, (uint32_t) runs, p->work, p->work + n);
}

int
options_text(struct rule_options *o, struct span text)
{
	o->text.ceiling = TEXT_FILE_MAX;
	buf_reset(&o->text);
	return buf_add(&o->text, text.p, text.n) < 0 ? E_NOMEM : 0;
}

int
rule_options_read(struct rule_options *o, const struct rule *r)
{
	const char *why, *at;
	char *end;

	if (options_text(o, r->text) < 0)
		return E_NOMEM;
	end = o->text.p + r->options_end;
	*end = 0;
	return cut(o, o->text.p + r->options, end, r->joins, r->n_joins, &why, &at);
}

void
rule_options_clear(struct rule_options *o)
{
	free(o->v);
	buf_clear(&o->text);
	*o = (struct rule_options) { 0 };
}
