#include "pipeline/legal/expr.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"

enum expr_kind { E_ALL, E_ANY, E_EFFECT, E_SECTOR, E_CLASS, E_TERRITORY, E_OWNER, E_CIRCUMSTANCE, E_ATTRIBUTION, E_ACTOR, E_REPORTED, E_FEATURE, E_HUMAN };

struct expr {
	enum expr_kind kind;
	struct expr *child, *next;
	uint32_t effects;    /* bits of effects, or of the human facts of `reported` */
	const char *const *words;
	uint32_t n_words;
	uint32_t index;      /* feature or human fact */
	bool strict;         /* > rather than >= */
	double value;
};

static const struct {
	const char *key;
	enum expr_kind kind;
} sets[] = { { "sector", E_SECTOR }, { "class", E_CLASS }, { "territory", E_TERRITORY }, { "owner", E_OWNER },
	{ "circumstance", E_CIRCUMSTANCE }, { "attribution", E_ATTRIBUTION },
	{ "actor", E_ACTOR } };

static struct expr *
new_expr(struct arena *a, enum expr_kind kind)
{
	struct expr *e = arena_zalloc(a, sizeof(*e));

	if (e)
		e->kind = kind;
	return e;
}

static int
read_words(const struct yaml *y, struct expr *e, struct arena *a, struct diag *d)
{
	uint32_t n = y->kind == YAML_LIST ? y->n : 1;
	const char **w = arena_alloc(a, (n + 1) * sizeof(*w));

	if (!w)
		return E_NOMEM;
	if (y->kind != YAML_SCALAR && y->kind != YAML_LIST) {
		yaml_error(y, d, "%s: a word or a list of words was expected", y->key);
		return 0;
	}
	if (y->kind == YAML_SCALAR) {
		w[e->n_words++] = arena_strdup(a, y->text);
	} else {
		yaml_each(c, y)
		{
			if (!c->text)
				yaml_error(c, d, "a word was expected");
			else
				w[e->n_words++] = arena_strdup(a, c->text);
		}
	}
	if (!e->n_words)
		yaml_error(y, d, "%s: an empty list matches nothing", y->key);
	e->words = w;
	return 0;
}

static void
read_effects(const struct yaml *y, struct expr *e, const struct vocabulary *v, struct diag *d)
{
	for (uint32_t i = 0; i < e->n_words; i++) {
		const struct effect *f = effects_find(v->effects, e->words[i]);
		if (!f)
			yaml_error(y, d, "\"%s\" is not an effect class of effects.yaml", e->words[i]);
		else
			e->effects |= 1u << f->index;
	}
}

static uint32_t
human_index(const struct vocabulary *v, const char *name)
{
	uint32_t i = 0;

	while (i < v->n_human && (!v->human[i].name || strcmp(v->human[i].name, name) != 0))
		i++;
	return i;
}

static void
read_reported(const struct yaml *y, struct expr *e, const struct vocabulary *v, struct diag *d)
{
	for (uint32_t i = 0; i < e->n_words; i++) {
		uint32_t k = human_index(v, e->words[i]);
		if (k == v->n_human)
			yaml_error(y, d, "\"%s\" is not a fact of the ladder", e->words[i]);
		else
			e->effects |= 1u << k;
	}
}

static int
read_comparison(const struct yaml *y, struct expr *e, const struct vocabulary *v, struct diag *d)
{
	const char *t = y->text;
	char *end;
	int f = feature_index(y->key);

	e->kind = f >= 0 ? E_FEATURE : E_HUMAN;
	e->index = (uint32_t) f;
	if (f < 0) {
		e->index = human_index(v, y->key);
		if (e->index == v->n_human) {
			diag_error(d, y->file, y->key_line, y->key_column,
			    "\"%s\" is neither a feature (pipeline/scale/features), a fact of the ladder, nor one of all, any, effect, sector, class, "
			    "territory, owner, circumstance, attribution, actor, reported",
			    y->key);
			return -1;
		}
	}
	if (!t || t[0] != '>') {
		yaml_error(y, d, "%s: expected \">= number\" or \"> number\"", y->key);
		return -1;
	}
	e->strict = t[1] != '=';
	e->value = strtod(t + 1 + !e->strict, &end);
	while (*end == ' ')
		end++;
	if (*end || end == t + 1 + !e->strict || !isfinite(e->value)) {
		yaml_error(y, d, "%s: \"%s\" is not a number", y->key, t);
		return -1;
	}
	return 0;
}

static struct expr *
read_member(const struct yaml *y, const struct vocabulary *v, struct arena *a, struct diag *d)
{
	struct expr *e;
	bool all = strcmp(y->key, "all") == 0;

	if (all || strcmp(y->key, "any") == 0) {
		struct expr **tail;
		e = new_expr(a, all ? E_ALL : E_ANY);
		if (y->kind != YAML_LIST || !y->n)
			yaml_error(y, d, "%s: a list of conditions was expected", y->key);
		tail = e ? &e->child : NULL;
		yaml_each(c, y)
		{
			struct expr *x = expr_read(c, v, a, d);
			if (x && tail) {
				*tail = x;
				tail = &x->next;
			}
		}
		return e;
	}
	e = new_expr(a, E_EFFECT);
	if (!e)
		return NULL;
	if (strcmp(y->key, "effect") == 0) {
		read_words(y, e, a, d);
		read_effects(y, e, v, d);
		return e;
	}
	if (strcmp(y->key, "reported") == 0) {
		e->kind = E_REPORTED;
		read_words(y, e, a, d);
		read_reported(y, e, v, d);
		return e;
	}
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strcmp(y->key, sets[i].key) == 0) {
			e->kind = sets[i].kind;
			read_words(y, e, a, d);
			return e;
		}
	return read_comparison(y, e, v, d) < 0 ? NULL : e;
}

struct expr *
expr_read(const struct yaml *y, const struct vocabulary *v, struct arena *a, struct diag *d)
{
	struct expr *e = new_expr(a, E_ALL), **tail = e ? &e->child : NULL;

	if (!y || y->kind != YAML_MAP || !y->n) {
		if (y)
			yaml_error(y, d, "a condition is a map such as { outage_s: \">= 60\" }");
		return NULL;
	}
	yaml_each(c, y)
	{
		struct expr *x = read_member(c, v, a, d);
		if (x && tail) {
			*tail = x;
			tail = &x->next;
		}
	}
	return e;
}

static bool
has_word(const struct expr *e, const char *w)
{
	for (uint32_t i = 0; w && i < e->n_words; i++)
		if (strcmp(e->words[i], w) == 0)
			return true;
	return false;
}

static bool
asset_has(const struct expr *e, const struct asset *a)
{
	switch (e->kind) {
	case E_SECTOR: return has_word(e, a->sector);
	case E_CLASS: return has_word(e, a->class);
	case E_TERRITORY: return has_word(e, a->territory);
	default: return has_word(e, a->owner);
	}
}

static enum truth
eval_reported(const struct expr *e, const struct facts *f)
{
	for (uint32_t i = 0; i < HUMAN_MAX; i++)
		if ((e->effects >> i & 1) && f->human[i].known && f->human[i].hi > 0)
			return YES;
	return NO;
}

/* An asset nobody listed may be anything. */
static enum truth
eval_set(const struct expr *e, const struct facts *f)
{
	const struct incident *i = f->incident;

	for (uint32_t k = 0; i && k < i->n_assets; k++)
		if (asset_has(e, i->assets[k]))
			return YES;
	return i && (i->unlisted || !i->n_assets) ? UNKNOWN : NO;
}

static enum truth
eval_number(const struct expr *e, const struct fact *x)
{
	if (!x->known)
		return UNKNOWN;
	if (e->strict ? x->lo > e->value : x->lo >= e->value)
		return YES;
	return (e->strict ? x->hi > e->value : x->hi >= e->value) ? UNKNOWN : NO;
}

enum truth
expr_eval(const struct expr *e, const struct facts *f)
{
	enum truth t, sum;

	switch (e->kind) {
	case E_ALL:
		sum = YES;
		for (const struct expr *c = e->child; c && sum != NO; c = c->next)
			if ((t = expr_eval(c, f)) < sum)
				sum = t;
		return sum;
	case E_ANY:
		sum = NO;
		for (const struct expr *c = e->child; c && sum != YES; c = c->next)
			if ((t = expr_eval(c, f)) > sum)
				sum = t;
		return sum;
	case E_EFFECT:
		return f->effects & e->effects ? YES : NO;
	case E_CIRCUMSTANCE:
		return !f->circumstance ? UNKNOWN : has_word(e, f->circumstance) ? YES : NO;
	case E_ATTRIBUTION:
		return has_word(e, f->attribution ? f->attribution : "none") ? YES : NO;
	case E_ACTOR:
		return !f->actor ? UNKNOWN : has_word(e, f->actor) ? YES : NO;
	case E_REPORTED:
		return eval_reported(e, f);
	case E_FEATURE:
		return eval_number(e, &f->scale.fact[e->index]);
	case E_HUMAN:
		return eval_number(e, &f->human[e->index]);
	default:
		return eval_set(e, f);
	}
}

bool
expr_likely(const struct expr *e, const struct facts *f)
{
	const struct fact *x;

	switch (e->kind) {
	case E_ALL:
		for (const struct expr *c = e->child; c; c = c->next)
			if (!expr_likely(c, f))
				return false;
		return true;
	case E_ANY:
		for (const struct expr *c = e->child; c; c = c->next)
			if (expr_likely(c, f))
				return true;
		return false;
	case E_FEATURE:
	case E_HUMAN:
		x = e->kind == E_FEATURE ? &f->scale.fact[e->index] : &f->human[e->index];
		return x->known && (e->strict ? x->likely > e->value : x->likely >= e->value);
	default:
		return expr_eval(e, f) == YES;
	}
}

void
expr_uses(const struct expr *e, uint64_t *features, uint32_t *human)
{
	if (e->kind == E_FEATURE)
		*features |= UINT64_C(1) << e->index;
	else if (e->kind == E_HUMAN)
		*human |= 1u << e->index;
	else if (e->kind == E_REPORTED)
		*human |= e->effects;
	for (const struct expr *c = e->child; c; c = c->next)
		expr_uses(c, features, human);
}

static void
describe_words(const struct expr *e, const char *what, struct buf *out)
{
	buf_str(out, what);
	buf_str(out, " is ");
	for (uint32_t i = 0; i < e->n_words; i++) {
		buf_str(out, i ? " or " : "");
		buf_str(out, e->words[i]);
	}
}

static void
describe_effects(const struct expr *e, const struct facts *f, const struct vocabulary *v, struct buf *out)
{
	bool first = true, seen = f && (f->effects & e->effects) != 0;

	buf_str(out, "effect in {");
	for (uint8_t i = 0; i < v->effects->n; i++) {
		if (!(e->effects >> i & 1) || (seen && !(f->effects >> i & 1)))
			continue;
		buf_str(out, first ? "" : ", ");
		buf_str(out, v->effects->effect[i].name);
		first = false;
	}
	buf_str(out, "}");
}

static void
describe_number(const struct expr *e, const struct facts *f, const struct vocabulary *v, struct buf *out)
{
	const struct fact *x = !f ? NULL : e->kind == E_FEATURE ? &f->scale.fact[e->index] : &f->human[e->index];
	const char *name = e->kind == E_FEATURE ? feature_table[e->index]->name : v->human[e->index].name;

	buf_str(out, name);
	buf_str(out, e->strict ? " > " : " >= ");
	buf_f64(out, e->value);
	if (x && !x->known) {
		buf_str(out, " (unknown)");
	} else if (x) {
		buf_str(out, " (");
		buf_f64(out, x->lo);
		if (x->lo != x->hi) {
			buf_str(out, " to ");
			buf_f64(out, x->hi);
		}
		buf_str(out, ")");
	}
}

/* Members in turn; of alternatives only those that make the answer, when it is not no. */
static void
describe_members(const struct expr *e, const struct facts *f, const struct vocabulary *v, struct buf *out)
{
	enum truth t = f ? expr_eval(e, f) : NO;
	bool first = true;

	for (const struct expr *c = e->child; c; c = c->next) {
		bool alternative = e->kind == E_ANY;
		if (alternative && t != NO && expr_eval(c, f) != t)
			continue;
		if (!first)
			buf_str(out, alternative ? "; or " : " and ");
		first = false;
		const struct expr *x = c;
		while (x->child && !x->child->next) /* a map with one member is that member */
			x = x->child;
		bool inner = e->child->next && x->child && x->kind != e->kind && x->kind == E_ANY;
		if (inner)
			buf_str(out, "(");
		expr_describe(c, f, v, out);
		if (inner)
			buf_str(out, ")");
	}
}

void
expr_describe(const struct expr *e, const struct facts *f, const struct vocabulary *v, struct buf *out)
{
	switch (e->kind) {
	case E_ALL:
	case E_ANY: describe_members(e, f, v, out); return;
	case E_EFFECT: describe_effects(e, f, v, out); return;
	case E_SECTOR: describe_words(e, "sector", out); return;
	case E_CLASS: describe_words(e, "class", out); return;
	case E_TERRITORY: describe_words(e, "territory", out); return;
	case E_OWNER: describe_words(e, "owner", out); return;
	case E_CIRCUMSTANCE: describe_words(e, "circumstance", out); return;
	case E_ATTRIBUTION: describe_words(e, "attribution", out); return;
	case E_ACTOR: describe_words(e, "actor", out); return;
	case E_REPORTED: describe_words(e, "reported", out); return;
	case E_FEATURE:
	case E_HUMAN: describe_number(e, f, v, out);
	}
}
