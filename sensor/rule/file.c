/*
 * file - rule files: every line a rule, every problem told, none hides another.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rule/lookup.h"

void
rule_set_init(struct rule_set *s)
{
	*s = (struct rule_set) { 0 };
	arena_init(&s->arena, 0);
	hash_begin(&s->sum, HASH_SHA256);
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
		map_clear(&k->headers);
		id_map_clear(&k->sids);
		map_clear(&k->urls);
		map_clear(&k->metadata);
		map_clear(&k->items);
		rule_options_clear(&k->options);
		free(k);
	}
	free(s->rules);
	card_texts_unref(s->texts);
	arena_clear(&s->arena);
	*s = (struct rule_set) { 0 };
}

int
lookup_keep(struct rule_set *s, struct map *m, struct span key, void *value)
{
	key = arena_dup(&s->arena, key);
	return key.p ? map_set(m, key, value) : E_NOMEM;
}

int
lookup_need(struct rule_set *s)
{
	if (!s->lookup)
		s->lookup = calloc(1, sizeof(*s->lookup));
	if (!s->texts)
		s->texts = card_texts_new();
	return s->lookup && s->texts ? 0 : E_NOMEM;
}

void
lookup_use_vars(struct rule_set *s, const struct rule_vars *v)
{
	uint64_t stamp = v ? v->stamp : 0;

	if (s->lookup->stamp == stamp)
		return;
	map_clear(&s->lookup->addrs);
	map_clear(&s->lookup->ports);
	map_clear(&s->lookup->headers);
	s->lookup->stamp = stamp;
}

/* ---- messages ---- */

static void
tell(const struct parse *p, enum severity severity, const char *at, const char *fmt, va_list ap)
{
	uint32_t line, column;

	lines_place(p->lines->joins, p->lines->n_joins, (uint32_t) (at - p->work), &line, &column);
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
	void **place = id_map_at(&s->lookup->sids, (uint64_t) r->gid << 32 | r->sid);

	r->place = s->n;
	if (!place)
		return E_NOMEM;
	if (!(old = *place)) {
		*place = r;
		return append(s, r);
	}
	s->duplicates++;
	parse_warning(p, p->work, "sid %u:%u is also in %s:%u; rev %u is used, not rev %u", r->gid, r->sid, old->file, old->line,
	    old->rev >= r->rev ? old->rev : r->rev, old->rev >= r->rev ? r->rev : old->rev);
	if (old->rev >= r->rev)
		return 0;
	s->rules[old->place] = NULL;
	*place = r;
	return append(s, r);
}

static void
close_gaps(struct rule_set *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->rules[i]) {
			s->rules[n] = s->rules[i];
			s->rules[n]->place = n;
			n++;
		}
	s->n = n;
}

/* ---- reading ---- */

static int
read_rule(struct parse *p)
{
	const struct lines *l = p->lines;
	struct rule *r = p->r = arena_zalloc(&p->s->arena, sizeof(*r));
	const uint8_t *nul;
	char *from = NULL, *end = NULL;
	int e;

	if (!r || options_text(p->options, l->s) < 0)
		return E_NOMEM;
	p->work = p->options->text.p;
	p->n = l->s.n;
	if ((nul = memchr(l->s.p, 0, l->s.n)))
		return parse_error(p, p->work + (nul - l->s.p), "a byte of value 0 in a rule, expected text");
	if ((e = header_read(p, l->s, &from, &end)) < 0)
		return e;
	r->file = p->file;
	lines_place(l->joins, l->n_joins, (uint32_t) strspn((const char *) p->work, " \t"), &r->line, &r->column);
	if ((e = options_read(p, from, end)) < 0 || (e = meta_read(p)) < 0 || (e = options_keep(p, from, end)) < 0)
		return e;
	hash_add(&p->s->sum, HASH_SHA256, l->s);
	hash_add(&p->s->sum, HASH_SHA256, span_of("\n", 1));
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

static int
read_lines(struct rule_set *s, const char *name, struct lines *l, const struct rule_vars *v, struct diag *d)
{
	struct parse p = { .s = s, .v = v, .d = d, .lines = l };
	int e;

	p.file = arena_strdup(&s->arena, name);
	if (!p.file || lookup_need(s) < 0)
		return E_NOMEM;
	p.options = &s->lookup->options;
	lookup_use_vars(s, v);
	e = read_all(&p, l);
	close_gaps(s);
	return e;
}

int
rule_set_read_text(struct rule_set *s, const char *name, struct span text, const struct rule_vars *v, struct diag *d)
{
	struct lines l;

	lines_init(&l, text);
	int e = read_lines(s, name, &l, v, d);
	lines_clear(&l);
	return e;
}

int
rule_set_read(struct rule_set *s, const char *path, const struct rule_vars *v, struct diag *d)
{
	struct lines l;
	int e = lines_open(&l, path);

	if (e == 0) {
		e = read_lines(s, path, &l, v, d);
		lines_clear(&l);
	}
	if (e < 0)
		diag_error(d, path, 0, 0, "rule file cannot be read: %s", err_text(e));
	return e;
}

void
rule_set_hash(const struct rule_set *s, char out[static 65])
{
	struct hash_stream sum = s->sum;
	uint8_t bytes[HASH_MAX];

	hash_end(&sum, HASH_SHA256, bytes);
	hash_hex(bytes, 32, out);
}
