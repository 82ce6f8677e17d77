/*
 * build - struct rule -> struct sig: every option finds its keyword, field or old modifier.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "engine/detect/build.h"
#include "engine/detect/ruleset.h"

bool
word_in(const char *list, const char *word)
{
	size_t n = list ? strlen(word) : 0;

	while (list && *list) {
		const char *e = strchr(list, ' ');
		size_t m = e ? (size_t) (e - list) : strlen(list);
		if (m == n && !memcmp(list, word, n))
			return true;
		list = e ? e + 1 : NULL;
	}
	return false;
}

const struct keyword *
keyword_find(const char *name)
{
	for (unsigned i = 0; i < keyword_table_n; i++)
		if (keyword_table[i]->name[0] == name[0] && !strcmp(keyword_table[i]->name, name))
			return keyword_table[i];
	for (unsigned i = 0; i < keyword_table_n; i++)
		if (word_in(keyword_table[i]->aliases, name))
			return keyword_table[i];
	return NULL;
}

static int
parse_arg(struct build *b, const struct keyword *kw, const char *value, union kw_arg *a)
{
	static const uint64_t max[] = { [ARG_U8] = UINT8_MAX, [ARG_U16] = UINT16_MAX, [ARG_U32] = UINT32_MAX, [ARG_U64] = UINT64_MAX };

	a->p = NULL;
	switch (kw->arg) {
	case ARG_NONE:
		return value && *value ? build_error(b, 0, "takes no value") : 0;
	case ARG_U8:
	case ARG_U16:
	case ARG_U32:
	case ARG_U64:
		if (build_number(b, value, max[kw->arg], &a->number) < 0)
			return build_error(b, 0, "\"%s\" is not a number test up to %llu, such as 5, <5, >5, 3-9", value ? value : "",
			    (unsigned long long) max[kw->arg]);
		return 0;
	case ARG_STRING:
	case ARG_BRIEF:
		a->text = kw->arg == ARG_BRIEF ? build_brief(b, value) : build_text(b, value);
		return a->text ? 0 : build_error(b, 0, "a value is missing");
	case ARG_OPTIONAL:
		a->text = build_text(b, value);
		return 0;
	case ARG_CUSTOM:
		return kw->parse ? kw->parse(b, value, a) : 0;
	}
	return 0;
}

static int
add_tx_keyword(struct build *b, const struct keyword *kw, const union kw_arg *a)
{
	struct part p = { .kind = PART_TX, .dirs = (kw->dirs ? kw->dirs : 3) & (b->only_dir ? b->only_dir : 3) };
	union kw_arg *copy = arena_alloc(build_arena(b), sizeof(*copy));

	if (!copy)
		return E_NOMEM;
	*copy = *a;
	p.tx.kw = kw;
	p.tx.arg = copy;
	if (kw->protocols && build_app(b, kw->protocols) < 0)
		return E_BAD;
	return build_part(b, &p);
}

static int
add_keyword(struct build *b, const struct keyword *kw, const char *value)
{
	union kw_arg a;
	int e;

	b->kw = kw;
	if ((e = parse_arg(b, kw, value, &a)) < 0)
		return b->failed ? e : build_error(b, 0, "the value \"%s\" is not right; example: %s", value ? value : "", kw->example);
	build_require(b, kw->flags);
	if (!(kw->flags & KW_IPONLY) && kw->scope != KW_META)
		b->not_iponly = true;
	if (kw->scope == KW_TRANSFORM)
		return build_transform(b, kw, &a);
	if (kw->packet_bytes) {
		struct buffer buf = { .name = kw->name, .kind = BUF_PACKET, .kw = kw, .dirs = 3 };
		build_buffer(b, &buf);
		return 0;
	}
	if (kw->setup) {
		e = kw->setup(b, &a);
		return e < 0 && !b->failed ? build_error(b, 0, "%s", err_text(e)) : e;
	}
	if (kw->scope == KW_TX) {
		if ((e = add_tx_keyword(b, kw, &a)) < 0)
			return e;
	} else if (kw->match && build_match(b, kw->match, &a, kw->cost) < 0)
		return E_BAD;
	if (kw->payload_sizes)
		kw->payload_sizes(&a, &b->payload_sizes);
	return kw->act ? build_act(b, kw->act, &a) : 0;
}

/* "get_request" of "get_request=0": the number as text. */
static const char *
value_named(const struct field *f, const char *value)
{
	bool neg = value[0] == '!';
	size_t n = strlen(value + neg);

	for (const char *const *v = f->names; v && *v; v++)
		if (!strncasecmp(*v, value + neg, n) && (*v)[n] == '=')
			return *v + n + 1;
	return NULL;
}

/* Several names of bits, with commas: one of them is set. NULL: it is not that. */
static const char *
bits_named(struct build *b, const struct field *f, const char *value)
{
	const char *part[16];
	uint64_t sum = 0;
	int n = strchr(value, ',') ? build_split(b, value, part, 16) : 0;

	for (int i = 0; i < n; i++) {
		const char *v = part[i][0] == '!' ? NULL : value_named(f, part[i]);
		if (!v)
			return NULL;
		sum |= strtoull(v, NULL, 10);
	}
	return n > 0 && f->bits ? arena_printf(build_arena(b), "&%llu", (unsigned long long) sum) : NULL;
}

static int
add_number(struct build *b, const struct buffer *buf, enum field_kind kind, const char *value)
{
	struct part p = { .kind = kind == FIELD_FLAG ? PART_FLAG : PART_NUMBER, .dirs = buf->dirs };
	const struct field *f = NULL;

	for (unsigned i = 0; i < protocol_table_n && !f; i++)
		f = buf->rows[i];
	p.buffer = buffer_intern(b->rs, buf);
	if (kind == FIELD_NUMBER) {
		const char *text = build_text(b, value), *named = text ? value_named(f, text) : NULL;
		struct kw_number *n = NULL;
		if (text && !named)
			named = bits_named(b, f, text);
		else if (named && (text[0] == '!' || f->bits))
			named = arena_printf(build_arena(b), "%s%s%s", text[0] == '!' ? "!" : "", f->bits ? "&" : "", named);
		if (build_number(b, named ? named : text, UINT64_MAX, (const struct kw_number **) &n) < 0)
			return build_error(b, 0, "\"%s\" is not a number test (5, <5, >5, 3-9)%s", text ? text : "",
			    f->names ? " or a known name" : "");
		p.number = n;
	} else if (value && *value)
		return build_error(b, 0, "takes no value");
	if (!b->apps)
		b->apps = buf->protocols;
	else
		b->apps &= buf->protocols;
	return build_part(b, &p);
}

/* In a rule on both directions (=>) a word before the value, or in its place, says which one is meant. 0: there is none. */
static uint8_t
take_direction(struct build *b, const char **value)
{
	static const char *const word[] = { "to_server", "to_client" };
	const char *v = *value ? *value + strspn(*value, " ") : "";

	for (unsigned dir = 0; dir < 2 && b->rule->transactional; dir++) {
		size_t n = strlen(word[dir]);
		if (strncmp(v, word[dir], n) || (v[n] && v[n] != ',' && v[n] != ' '))
			continue;
		v += n + strspn(v + n, " ");
		*value = *v == ',' ? v + 1 + strspn(v + 1, " ") : *v ? v : NULL;
		return (uint8_t) (1 << dir);
	}
	return 0;
}

static int
add_option(struct build *b, const struct rule_option *o)
{
	const struct keyword *kw = build_keyword(b, o->name);
	struct buffer buf;
	bool modifier;
	enum field_kind kind;
	const char *value = o->value;

	b->opt = o;
	if (kw && kw->scope == KW_TX && !value && kw->arg == ARG_CUSTOM && build_lookup(b, o->name, &buf, &modifier, &kind))
		kw = NULL; /* with a value the keyword, without one the buffer of the same name */
	b->only_dir = kw && kw->scope != KW_TX ? 0 : take_direction(b, &value);
	if (kw)
		return add_keyword(b, kw, value);
	if (!build_lookup(b, o->name, &buf, &modifier, &kind))
		return build_error_name(b, "unknown keyword", o->name);
	if (b->only_dir && !(buf.dirs &= b->only_dir))
		return build_error(b, 0, "%s does not exist in that direction", buf.name);
	if (kind == FIELD_NUMBER || kind == FIELD_FLAG)
		return add_number(b, &buf, kind, value);
	if (value && *value)
		return build_error(b, 0, "takes no value");
	if (modifier)
		return build_modifier(b, &buf);
	build_buffer(b, &buf);
	return 0;
}

static void
build_reset(struct build *b, const struct rule *r)
{
	struct ruleset *rs = b->rs;
	struct diag *diag = b->diag;
	const struct ruleset_in *in = b->in;
	uint32_t used = b->n_lists;

	memset(b, 0, offsetof(struct build, pending));
	b->payload_sizes = (struct size_range) { 0, UINT32_MAX };
	b->rs = rs;
	b->diag = diag;
	b->in = in;
	b->rule = r;
	b->n_lists = 1;
	b->content_list = b->content_op = b->hook_dir = b->hook_progress = -1;
	list_reset(&b->pending);
	list_reset(&b->base64_list);
	for (uint32_t i = 0; i < used; i++)
		list_reset(&b->lists[i]);
	b->lists[0].buffer = (struct buffer) { .name = "payload", .kind = BUF_PAYLOAD, .dirs = 3 };
	memset(b->ip_protos, 0xff, sizeof(b->ip_protos));
}

/* The setting action-order; without it pass, drop, reject, alert. */
static uint8_t
action_place(const struct build *b, enum rule_action a)
{
	static const char *const usual[] = { "pass", "drop", "reject", "alert" };
	const char *name = a == RULE_PASS ? "pass" : a == RULE_DROP ? "drop" : a >= RULE_REJECT && a <= RULE_REJECT_BOTH ? "reject" : "alert";
	const struct yaml *list = b->in->tree ? conf_find(b->in->tree, "action-order") : NULL;
	uint8_t place = 0;

	if (list && list->kind == YAML_LIST)
		yaml_each(y, list)
		{
			if (y->text && strcmp(y->text, name) == 0)
				return place;
			place++;
		}
	for (unsigned i = 0; i < 4; i++)
		if (strcmp(usual[i], name) == 0)
			return (uint8_t) (place + i);
	return place;
}

/* 1: built, 0: left out by `requires`, negative: an error was told. */
int
build_one(struct build *b, const struct rule *r, struct sig *s, struct fast *fast, uint64_t *rank)
{
	build_reset(b, r);
	if (rule_options_read(&b->options, r) < 0)
		return build_error(b, 0, "%s", err_text(E_NOMEM));
	for (uint32_t i = 0; i < b->options.n && !b->skipped; i++) /* requires counts wherever it stands */
		if (text_same(b->options.v[i].name, "requires") && add_option(b, &b->options.v[i]) < 0)
			return E_BAD;
	if (b->skipped)
		return 0;
	if (build_header(b) < 0)
		return E_BAD;
	for (uint32_t i = 0; i < b->options.n; i++)
		if (add_option(b, &b->options.v[i]) < 0)
			return E_BAD;
	b->opt = NULL;
	if (build_finish(b, s, fast) < 0)
		return E_BAD;
	if (b->alerts)
		s->flags |= SIG_ALERTS;
	b->order.action = action_place(b, r->action);
	b->order.priority = r->priority;
	*rank = order_rank(&b->order);
	return 1;
}

void
build_clear(struct build *b)
{
	for (unsigned i = 0; i <= DETECT_PARTS; i++)
		free(b->lists[i].ops);
	free(b->base64_list.ops);
	rule_options_clear(&b->options);
	arena_clear(&b->brief);
}
