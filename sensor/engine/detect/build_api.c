/*
 * build_api - what keyword.h promises to parse() and setup().
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "engine/detect/build.h"

const struct rule *
build_rule(const struct build *b)
{
	return b->rule;
}

struct arena *
build_arena(struct build *b)
{
	return &b->rs->arena;
}

const struct conf *
build_conf(const struct build *b)
{
	return b->in->tree;
}

int
build_error(struct build *b, uint32_t at, const char *fmt, ...)
{
	va_list ap;
	char text[512];

	if (b->failed)
		return E_BAD;
	b->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	const struct rule_option *o = b->opt;
	if (o)
		diag_error(b->diag, b->rule->file, o->line, (o->value && o->value_column ? o->value_column : o->column) + at,
		    "sid %u: %s: %s", b->rule->sid, o->name, text);
	else
		diag_error(b->diag, b->rule->file, b->rule->line, b->rule->column, "sid %u: %s", b->rule->sid, text);
	return E_BAD;
}

/* Points at the option's name rather than its value. */
int
build_error_name(struct build *b, const char *what, const char *name)
{
	if (!b->failed)
		diag_error(b->diag, b->rule->file, b->opt->line, b->opt->column, "sid %u: %s \"%s\"", b->rule->sid, what, name);
	b->failed = true;
	return E_BAD;
}

void
build_warning(struct build *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(b->diag, DIAG_WARNING, b->rule->file, b->opt ? b->opt->line : b->rule->line,
	    b->opt ? b->opt->column : b->rule->column, fmt, ap);
	va_end(ap);
}

bool
kw_number_has(const struct kw_number *n, uint64_t v)
{
	switch (n->op) {
	case NUM_EQ: return v == n->a;
	case NUM_NE: return v != n->a;
	case NUM_LT: return v < n->a;
	case NUM_LE: return v <= n->a;
	case NUM_GT: return v > n->a;
	case NUM_GE: return v >= n->a;
	case NUM_IN: return v > n->a && v < n->b;
	case NUM_OUT: return v <= n->a || v >= n->b;
	case NUM_MASK: return (v & n->a) == n->b;
	case NUM_MASK_NOT: return (v & n->a) != n->b;
	case NUM_ANY: return (v & n->a) != 0;
	case NUM_NONE: return (v & n->a) == 0;
	}
	return false;
}

static const char *
blanks(const char *s)
{
	while (isspace((unsigned char) *s))
		s++;
	return s;
}

/* A number with an optional unit (kb, mb, gb); NULL when there is none. */
static const char *
take_number(const char *s, uint64_t *out)
{
	char *end;

	s = blanks(s);
	if (!isdigit((unsigned char) *s))
		return NULL;
	errno = 0;
	unsigned long long v = strtoull(s, &end, s[0] == '0' && (s[1] | 0x20) == 'x' ? 16 : 10);
	if (errno)
		return NULL;
	static const char unit[] = "kmg";
	const char *u = *end ? strchr(unit, *end | 0x20) : NULL;
	if (u && *u) {
		v <<= 10 * (u - unit + 1);
		end++;
		if ((*end | 0x20) == 'i')
			end++;
		if ((*end | 0x20) == 'b')
			end++;
	}
	*out = v;
	return blanks(end);
}

static int
number_parse(const char *s, struct kw_number *n)
{
	static const struct {
		const char *text;
		enum num_op op;
	} ops[] = { { "<=", NUM_LE }, { ">=", NUM_GE }, { "!=", NUM_NE }, { "!&", NUM_NONE }, { "<", NUM_LT }, { ">", NUM_GT },
		{ "=", NUM_EQ }, { "!", NUM_NE }, { "&", NUM_ANY } };

	s = blanks(s);
	n->op = NUM_EQ;
	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strncmp(s, ops[i].text, strlen(ops[i].text))) {
			n->op = ops[i].op;
			s += strlen(ops[i].text);
			break;
		}
	if (!(s = take_number(s, &n->a)))
		return -1;
	if (!*s)
		return 0;
	if ((n->op == NUM_ANY || n->op == NUM_NONE) && (*s == '=' || (*s == '!' && s[1] == '='))) {
		bool neg = (*s == '!') != (n->op == NUM_NONE);
		n->op = neg ? NUM_MASK_NOT : NUM_MASK;
		s += *s == '!' ? 2 : 1;
	} else if (n->op == NUM_EQ || n->op == NUM_NE) {
		if (*s == '-')
			s++;
		else if (s[0] == '<' && s[1] == '>')
			s += 2;
		else
			return -1;
		n->op = n->op == NUM_EQ ? NUM_IN : NUM_OUT;
	} else
		return -1;
	if (!(s = take_number(s, &n->b)) || *s)
		return -1;
	return (n->op == NUM_IN || n->op == NUM_OUT) && n->a >= n->b ? -1 : 0;
}

int
build_number(struct build *b, const char *text, uint64_t max, const struct kw_number **out)
{
	struct kw_number *n = arena_zalloc(build_arena(b), sizeof(*n));

	if (!n)
		return E_NOMEM;
	if (!text || number_parse(text, n) < 0 || n->a > max || n->b > max)
		return E_BAD;
	*out = n;
	return 0;
}

static const char *
text_in(struct arena *a, const char *value)
{
	if (!value)
		return NULL;
	value = blanks(value);
	size_t n = strlen(value);
	while (n && isspace((unsigned char) value[n - 1]))
		n--;
	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value++;
		n -= 2;
	}
	if (n == 0)
		return NULL;
	return arena_string(a, span_of(value, n));
}

const char *
build_text(struct build *b, const char *value)
{
	return text_in(build_arena(b), value);
}

const char *
build_brief(struct build *b, const char *value)
{
	arena_reset(&b->brief);
	return text_in(&b->brief, value);
}

static int
split_in(struct arena *a, const char *value, const char **out, int max)
{
	int n = 0;
	char *s = value ? arena_strdup(a, value) : NULL;

	while (s) {
		bool quoted = false;
		char *e = s;
		for (; *e && (quoted || *e != ','); e++)
			if (*e == '"' && (e == s || e[-1] != '\\'))
				quoted = !quoted;
		char *next = *e ? e + 1 : NULL;
		*e = 0;
		while (e > s && isspace((unsigned char) e[-1]))
			*--e = 0;
		if (n == max)
			return -1;
		out[n++] = blanks(s);
		s = next;
	}
	return n;
}

int
build_split(struct build *b, const char *value, const char **out, int max)
{
	return split_in(build_arena(b), value, out, max);
}

int
build_split_brief(struct build *b, const char *value, const char **out, int max)
{
	return split_in(&b->brief, value, out, max);
}

void
build_require(struct build *b, unsigned flags)
{
	b->flags |= flags;
}

int
build_ip_proto(struct build *b, const uint8_t *protos, unsigned n)
{
	uint64_t set[4] = { 0 };
	bool any = false;

	for (unsigned i = 0; i < n; i++)
		set[protos[i] / 64] |= UINT64_C(1) << (protos[i] % 64);
	for (unsigned i = 0; i < 4; i++) {
		b->ip_protos[i] &= set[i];
		any = any || b->ip_protos[i];
	}
	return any ? 0 : build_error(b, 0, "the rule's protocols do not include this one");
}

int
build_ip_proto_not(struct build *b, uint8_t proto)
{
	b->ip_protos[proto / 64] &= ~(UINT64_C(1) << (proto % 64));
	return 0;
}

int
build_direction(struct build *b, int dir)
{
	if (b->dirs && b->dirs != 1 << dir)
		return build_error(b, 0, "both directions are asked for");
	b->dirs = (uint8_t) (1 << dir);
	return 0;
}

int
build_match(struct build *b, kw_match_fn *fn, const union kw_arg *a, unsigned cost)
{
	if (b->n_matchers == sizeof(b->matchers) / sizeof(*b->matchers))
		return build_error(b, 0, "too many options in one rule");
	b->matchers[b->n_matchers++] = (struct matcher) { fn, a ? *a : (union kw_arg) { 0 }, (uint16_t) cost, build_option(b) };
	return 0;
}

int
build_act(struct build *b, kw_act_fn *fn, const union kw_arg *a)
{
	if (b->n_actions == sizeof(b->actions) / sizeof(*b->actions))
		return build_error(b, 0, "too many options in one rule");
	b->actions[b->n_actions++] = (struct action) { fn, a ? *a : (union kw_arg) { 0 } };
	return 0;
}

void
build_order(struct build *b, enum order_class c, enum order_use use)
{
	b->order.use[c] |= use;
}

uint32_t
build_name(struct build *b, enum name_class c, const char *name)
{
	struct ruleset *r = b->rs;

	uintptr_t id = (uintptr_t) map_find(&r->known->names[c], span_str(name));

	if (id)
		return (uint32_t) (id - 1);
	if (vec_grow(&r->name[c], r->n_names[c], &r->cap_names[c], sizeof(*r->name[c])) < 0 || !(name = arena_strdup(&r->arena, name)))
		return 0;
	id = r->n_names[c] + UINT32_C(1);
	if (map_set(&r->known->names[c], span_str(name), (void *) id) < 0)
		return 0;
	r->name[c][r->n_names[c]] = name;
	return r->n_names[c]++;
}

const char *
ruleset_name(const struct ruleset *r, enum name_class c, uint32_t id)
{
	return id < r->n_names[c] ? r->name[c][id] : "";
}

int
build_threshold(struct build *b, const struct rule_threshold *t)
{
	if (b->n_thresholds == sizeof(b->thresholds) / sizeof(*b->thresholds))
		return build_error(b, 0, "too many thresholds");
	b->thresholds[b->n_thresholds++] = (struct card_threshold) { .type = (uint8_t) t->type, .track = (uint8_t) t->track,
		.distinct = t->distinct, .new_action = (uint8_t) t->new_action, .count = t->count, .seconds = t->seconds,
		.timeout = t->timeout, .multiplier = t->multiplier, .ip = t->ip };
	return 0;
}

void
build_target(struct build *b, uint8_t target)
{
	b->target = target;
}
