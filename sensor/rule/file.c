/*
 * file - rule files: every line a rule, every problem told, none hides another.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rule/lookup.h"

/* The rule that holds a gid:sid, and where. */
struct seen {
	uint64_t id;
	uint32_t index;
};

void
rule_set_init(struct rule_set *s)
{
	*s = (struct rule_set) { 0 };
	arena_init(&s->arena, 0);
}

void
rule_set_clear(struct rule_set *s)
{
	struct rule_lookup *k = s->lookup;

	if (k) {
		for (struct shared_addrs *a = k->first; a; a = a->next)
			addr_set_clear(&a->set);
		map_clear(&k->classes);
		map_clear(&k->references);
		map_clear(&k->addrs);
		map_clear(&k->ports);
		map_clear(&k->sids);
		free(k->options);
		free(k);
	}
	free(s->rules);
	arena_clear(&s->arena);
	*s = (struct rule_set) { 0 };
}

int
lookup_need(struct rule_set *s)
{
	if (!s->lookup)
		s->lookup = calloc(1, sizeof(*s->lookup));
	return s->lookup ? 0 : E_NOMEM;
}

void
lookup_use_vars(struct rule_set *s, const struct rule_vars *v)
{
	uint64_t stamp = v ? v->stamp : 0;

	if (s->lookup->stamp == stamp)
		return;
	map_clear(&s->lookup->addrs);
	map_clear(&s->lookup->ports);
	s->lookup->stamp = stamp;
}

/* ---- messages ---- */

static void
tell(const struct parse *p, enum severity severity, const char *at, const char *fmt, va_list ap)
{
	uint32_t line, column;

	lines_place(p->lines, (uint32_t) (at - p->work), &line, &column);
	diag_add(p->d, severity, p->file, line, column, fmt, ap);
}

int
parse_error(const struct parse *p, const char *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, DIAG_ERROR, at, fmt, ap);
	va_end(ap);
	return E_BAD;
}

void
parse_warning(const struct parse *p, const char *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, DIAG_WARNING, at, fmt, ap);
	va_end(ap);
}

/* ---- the list ---- */

static int
append(struct rule_set *s, struct rule *r)
{
	if (s->n == s->cap) {
		uint32_t cap = s->cap ? s->cap * 2 : 1024;
		struct rule **p = realloc(s->rules, cap * sizeof(struct rule *));
		if (!p)
			return E_NOMEM;
		s->rules = p;
		s->cap = cap;
	}
	s->rules[s->n++] = r;
	return 0;
}

/* Keeps the higher rev of the same gid:sid; the place in the list left empty is closed by close_gaps(). */
static int
keep(struct parse *p)
{
	struct rule_set *s = p->s;
	struct rule *r = p->r, *old;
	uint64_t id = (uint64_t) r->gid << 32 | r->sid;
	struct seen *seen = map_find(&s->lookup->sids, span_of(&id, sizeof(id)));

	if (seen) {
		s->duplicates++;
		old = s->rules[seen->index];
		parse_warning(p, p->work, "sid %u:%u is also in %s:%u; rev %u is used, not rev %u", r->gid, r->sid, old->file, old->line,
		    old->rev >= r->rev ? old->rev : r->rev, old->rev >= r->rev ? r->rev : old->rev);
		if (old->rev >= r->rev)
			return 0;
		s->rules[seen->index] = NULL;
		seen->index = s->n;
		return append(s, r);
	}
	seen = arena_alloc(&s->arena, sizeof(*seen));
	if (!seen)
		return E_NOMEM;
	*seen = (struct seen) { id, s->n };
	if (map_set(&s->lookup->sids, span_of(&seen->id, sizeof(seen->id)), seen) < 0)
		return E_NOMEM;
	return append(s, r);
}

static void
close_gaps(struct rule_set *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct rule *r = s->rules[i];
		uint64_t id;
		if (!r)
			continue;
		id = (uint64_t) r->gid << 32 | r->sid;
		((struct seen *) map_find(&s->lookup->sids, span_of(&id, sizeof(id))))->index = n;
		s->rules[n++] = r;
	}
	s->n = n;
}

/* ---- reading ---- */

static int
read_rule(struct parse *p)
{
	struct arena *a = &p->s->arena;
	const struct lines *l = p->lines;
	struct span text;
	char *options;
	int e;

	p->r = arena_zalloc(a, sizeof(*p->r));
	text = arena_dup(a, span_of(l->text, l->n + 1));
	p->work = (char *) arena_dup(a, span_of(l->text, l->n + 1)).p;
	if (!p->r || !text.p || !p->work)
		return E_NOMEM;
	p->r->text = (const char *) text.p;
	p->r->file = p->file;
	lines_place(l, (uint32_t) strspn(l->text, " \t"), &p->r->line, &p->r->column);
	if (strlen(l->text) != l->n)
		return parse_error(p, p->work + strlen(l->text), "a byte of value 0 in a rule, expected text");
	if ((e = header_read(p, &options)) < 0 || (e = options_read(p, options)) < 0 || (e = meta_read(p)) < 0)
		return e;
	return keep(p);
}

static int
read_all(struct parse *p, struct lines *l)
{
	int e;

	while ((e = lines_next(l)) > 0) {
		e = read_rule(p);
		if (e == E_BAD)
			p->s->failed++;
		else if (e < 0)
			return e;
	}
	return e;
}

int
rule_set_read_text(struct rule_set *s, const char *name, struct span text, const struct rule_vars *v, struct diag *d)
{
	struct lines l;
	struct parse p = { .s = s, .v = v, .d = d, .lines = &l };
	int e;

	p.file = arena_strdup(&s->arena, name);
	if (!p.file || lookup_need(s) < 0)
		return E_NOMEM;
	lookup_use_vars(s, v);
	lines_init(&l, text);
	e = read_all(&p, &l);
	lines_clear(&l);
	close_gaps(s);
	return e;
}

int
rule_set_read(struct rule_set *s, const char *path, const struct rule_vars *v, struct diag *d)
{
	struct buf b;
	int e;

	buf_init(&b, TEXT_FILE_MAX);
	e = text_read_file(&b, path);
	if (e < 0)
		diag_error(d, path, 0, 0, "rule file cannot be read: %s", err_text(e));
	else
		e = rule_set_read_text(s, path, span_of(b.p, b.n), v, d);
	buf_clear(&b);
	return e;
}
