/*
 * meta - the options that say something about the rule itself: msg, sid, gid, rev, classtype, priority, reference,
 * metadata. (target is left to detection, which knows who is the source.)
 *
 * Language: Suricata user guide, "Meta Keywords".
 */
#include <stdio.h>

#include "rule/lookup.h"

#define PRIORITY_DEFAULT 3

struct counts {
	uint32_t references, metadata;
	bool sid, gid, rev, msg;
};

static bool
is_quoted(const char *s, size_t n)
{
	return n >= 2 && s[0] == '"' && s[n - 1] == '"';
}

/* One pair of quotes off, in place; `pure` (the option's value) stays as it is. */
static char *
unquoted(struct arena *a, const char *value)
{
	size_t n = strlen(value);
	char *copy;

	if (is_quoted(value, n)) {
		value++;
		n -= 2;
	}
	copy = arena_alloc(a, n + 1);
	if (!copy)
		return NULL;
	memcpy(copy, value, n);
	copy[n] = 0;
	return text_trimmed(copy);
}

/* ---- one reader an option ---- */

static int
read_number(struct parse *p, const struct rule_option *o, uint32_t min, uint32_t *out, bool *seen)
{
	char *text = unquoted(&p->s->arena, o->value);

	if (!text)
		return E_NOMEM;
	if (*seen)
		return parse_error(p, o->name, "%s given twice, expected it once", o->name);
	*seen = true;
	if (text_u32(text, UINT32_MAX, out) < 0 || *out < min)
		return parse_error(p, o->value, "%s is \"%.40s\", expected a number from %u to 4294967295", o->name, text, min);
	return 0;
}

static int
read_sid(struct parse *p, const struct rule_option *o, struct counts *c)
{
	return read_number(p, o, 1, &p->r->sid, &c->sid);
}

static int
read_gid(struct parse *p, const struct rule_option *o, struct counts *c)
{
	return read_number(p, o, 0, &p->r->gid, &c->gid);
}

static int
read_rev(struct parse *p, const struct rule_option *o, struct counts *c)
{
	return read_number(p, o, 0, &p->r->rev, &c->rev);
}

static int
read_msg(struct parse *p, const struct rule_option *o, struct counts *c)
{
	const char *v = o->value;
	size_t n = strlen(v), k = 0;
	char *out = arena_alloc(&p->s->arena, n + 1);

	if (!out)
		return E_NOMEM;
	if (c->msg)
		return parse_error(p, o->name, "msg given twice, expected it once");
	c->msg = true;
	if (!is_quoted(v, n))
		return parse_error(p, v, "msg without quotes, expected msg:\"text\";");
	for (size_t i = 1; i + 1 < n; i++) {
		if (v[i] == '\\' && i + 2 < n)
			i++;
		out[k++] = v[i];
	}
	out[k] = 0;
	p->r->msg = out;
	return 0;
}

static int
read_priority(struct parse *p, const struct rule_option *o, struct counts *c)
{
	char *text = unquoted(&p->s->arena, o->value);

	if (!text)
		return E_NOMEM;
	if (text_u32(text, UINT32_MAX, &p->r->priority) < 0)
		return parse_error(p, o->value, "priority is \"%.40s\", expected 1 (most severe) to 4294967295", text);
	p->r->priority_set = true;
	return 0;
}

static const struct rule_class *
class_of(const struct parse *p, const char *name)
{
	return map_find(&p->s->lookup->classes, span_str(name));
}

/* An unknown class is kept with Suricata's words for it, told once a class. */
static const struct rule_class *
find_class(struct parse *p, const struct rule_option *o, const char *name)
{
	struct map *m = &p->s->lookup->classes;
	struct rule_class *k = map_find(m, span_str(name));

	if (k)
		return k;
	parse_warning(p, o->value, "unknown classtype \"%.60s\", expected one of classification.config; priority %d is used", name,
	    PRIORITY_DEFAULT);
	k = arena_alloc(&p->s->arena, sizeof(*k));
	if (!k)
		return NULL;
	*k = (struct rule_class) { name, "Unknown Classtype", PRIORITY_DEFAULT };
	return map_set(m, span_str(name), k) < 0 ? NULL : k;
}

static int
read_classtype(struct parse *p, const struct rule_option *o, struct counts *c)
{
	char *name = unquoted(&p->s->arena, o->value);
	const struct rule_class *k;
	struct rule *r = p->r;

	if (!name)
		return E_NOMEM;
	if (!*name)
		return parse_error(p, o->value, "empty classtype, expected one of classification.config");
	k = find_class(p, o, name);
	if (!k)
		return E_NOMEM;
	if (r->classtype)
		parse_warning(p, o->name, "classtype given twice, the more severe one is used");
	if (!r->classtype || k->priority < class_of(p, r->classtype)->priority) {
		r->classtype = k->name;
		r->category = k->description;
	}
	return 0;
}

static int
read_reference(struct parse *p, const struct rule_option *o, struct counts *c)
{
	char *text = unquoted(&p->s->arena, o->value), *comma = text ? strchr(text, ',') : NULL, *prefix;
	const char **out = (const char **) p->r->references;

	if (!text)
		return E_NOMEM;
	if (!comma || comma == text)
		return parse_error(p, o->value, "bad reference, expected SYSTEM,ID such as cve,2021-44228");
	*comma = 0;
	text = text_trimmed(text);
	char *id = text_trimmed(comma + 1);
	if (!*id)
		return parse_error(p, o->value, "reference without an id, expected SYSTEM,ID such as cve,2021-44228");
	for (char *s = text; *s; s++)
		*s |= *s >= 'A' && *s <= 'Z' ? 0x20 : 0;
	prefix = map_find(&p->s->lookup->references, span_str(text));
	if (!prefix) { /* told once a system: from here on it stands for itself */
		parse_warning(p, o->value, "unknown reference system \"%.40s\", expected one of reference.config", text);
		prefix = arena_printf(&p->s->arena, "%s:", text);
		if (!prefix || map_set(&p->s->lookup->references, span_str(text), prefix) < 0)
			return E_NOMEM;
	}
	if (prefix[0] && strstr(id, "://"))
		prefix = ""; /* already a whole URL */
	out[c->references] = arena_printf(&p->s->arena, "%s%s", prefix, id);
	return out[c->references++] ? 0 : E_NOMEM;
}

static int
read_metadata(struct parse *p, const struct rule_option *o, struct counts *c)
{
	struct rule_meta *out = (struct rule_meta *) p->r->metadata;
	char *rest = unquoted(&p->s->arena, o->value), *item;

	if (!rest)
		return E_NOMEM;
	while ((item = text_next_item(&rest))) {
		char *key = text_next_word(&item);
		if (!key)
			continue;
		out[c->metadata++] = (struct rule_meta) { key, text_trimmed(item) };
	}
	return 0;
}

static const struct meta {
	const char *name;
	int (*read)(struct parse *p, const struct rule_option *o, struct counts *c);
} metas[] = {
	{ "msg", read_msg }, { "sid", read_sid }, { "gid", read_gid }, { "rev", read_rev }, { "classtype", read_classtype },
	{ "priority", read_priority }, { "reference", read_reference }, { "metadata", read_metadata },
};

/* ---- all of them ---- */

static uint32_t
commas(const char *s)
{
	uint32_t n = 0;

	for (; *s; s++)
		n += *s == ',';
	return n;
}

/* Room for references and metadata; both lists are filled by their readers. */
static int
make_lists(struct parse *p)
{
	uint32_t references = 0, metadata = 0;

	for (uint32_t i = 0; i < p->r->n_options; i++) {
		const struct rule_option *o = &p->r->options[i];
		references += text_same(o->name, "reference");
		if (o->value && text_same(o->name, "metadata"))
			metadata += commas(o->value) + 1;
	}
	p->r->references = arena_zalloc(&p->s->arena, references * sizeof(char *));
	p->r->metadata = arena_zalloc(&p->s->arena, metadata * sizeof(struct rule_meta));
	return p->r->references && p->r->metadata ? 0 : E_NOMEM;
}

static int
read_one(struct parse *p, const struct rule_option *o, struct counts *c)
{
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		if (!text_same(o->name, metas[i].name))
			continue;
		if (!o->value || !*o->value)
			return parse_error(p, o->name, "%s without a value, expected %s:VALUE;", o->name, o->name);
		return metas[i].read(p, o, c);
	}
	return 0;
}

int
meta_read(struct parse *p)
{
	struct rule *r = p->r;
	struct counts c = { 0 };
	int e = make_lists(p);

	r->gid = 1;
	r->msg = r->category = "";
	for (uint32_t i = 0; e == 0 && i < r->n_options; i++)
		e = read_one(p, &r->options[i], &c);
	if (e < 0)
		return e;
	r->n_references = c.references;
	r->n_metadata = c.metadata;
	if (!c.sid)
		return parse_error(p, p->work, "rule without a sid, expected sid:NUMBER;");
	if (!r->priority_set)
		r->priority = r->classtype ? class_of(p, r->classtype)->priority : PRIORITY_DEFAULT;
	return 0;
}
