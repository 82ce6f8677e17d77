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
	uint32_t references;
	bool sid, gid, rev, msg;
	const struct rule_class *class;
};

/* What rules say of themselves they say in the same words: read once, found by the text. */
struct metadata {
	struct card_meta *v;
	uint32_t n;
};

static struct arena *
texts(struct parse *p)
{
	return &p->s->texts->arena;
}

static bool
is_quoted(const char *s, size_t n)
{
	return n >= 2 && s[0] == '"' && s[n - 1] == '"';
}

/* One pair of quotes off, in place. */
static char *
unquoted(const struct rule_option *o)
{
	char *s = o->value, *end = s + o->n;

	if (is_quoted(s, o->n)) {
		s++;
		end--;
	}
	return text_trimmed_to(s, &end);
}

/* ---- one reader an option ---- */

static int
read_number(struct parse *p, const struct rule_option *o, uint32_t min, uint32_t *out, bool *seen)
{
	char *text = unquoted(o);

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
	char *v = o->value;
	uint32_t k = 0;

	if (c->msg)
		return parse_error(p, o->name, "msg given twice, expected it once");
	c->msg = true;
	if (!is_quoted(v, o->n))
		return parse_error(p, v, "msg without quotes, expected msg:\"text\";");
	struct span text = span_of(v + 1, o->n - 2);
	if (memchr(text.p, '\\', text.n)) {
		for (uint32_t i = 1; i + 1 < o->n; i++) {
			if (v[i] == '\\' && i + 2 < o->n)
				i++;
			v[k++] = v[i];
		}
		text = span_of(v, k);
	}
	return (p->r->msg = arena_string(texts(p), text)) ? 0 : E_NOMEM;
}

static int
read_priority(struct parse *p, const struct rule_option *o, struct counts *c)
{
	char *text = unquoted(o);

	if (text_u32(text, UINT32_MAX, &p->r->priority) < 0)
		return parse_error(p, o->value, "priority is \"%.40s\", expected 1 (most severe) to 4294967295", text);
	p->r->priority_set = true;
	return 0;
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
	name = arena_strdup(texts(p), name);
	if (!k || !name)
		return NULL;
	*k = (struct rule_class) { name, "Unknown Classtype", PRIORITY_DEFAULT };
	return map_set(m, span_str(name), k) < 0 ? NULL : k;
}

static int
read_classtype(struct parse *p, const struct rule_option *o, struct counts *c)
{
	char *name = unquoted(o);
	const struct rule_class *k;
	struct rule *r = p->r;

	if (!*name)
		return parse_error(p, o->value, "empty classtype, expected one of classification.config");
	k = find_class(p, o, name);
	if (!k)
		return E_NOMEM;
	if (c->class)
		parse_warning(p, o->name, "classtype given twice, the more severe one is used");
	if (!c->class || k->priority < c->class->priority) {
		c->class = k;
		r->classtype = k->name;
		r->category = k->description;
	}
	return 0;
}

/* "system,id" with the system's prefix. */
static int
new_url(struct parse *p, const struct rule_option *o, const char **out)
{
	char *text = unquoted(o), *comma = strchr(text, ',');
	const char *prefix;

	if (!comma || comma == text)
		return parse_error(p, o->value, "bad reference, expected SYSTEM,ID such as cve,2021-44228");
	*comma = 0;
	text = text_trimmed(text);
	char *id = text_trimmed(comma + 1);
	if (!*id)
		return parse_error(p, o->value, "reference without an id, expected SYSTEM,ID such as cve,2021-44228");
	for (char *s = text; *s; s++)
		*s = (char) byte_lower((uint8_t) *s);
	prefix = map_find(&p->s->lookup->references, span_str(text));
	if (!prefix) { /* told once a system: from here on it stands for itself */
		char *own = arena_printf(&p->s->arena, "%s:", text);
		parse_warning(p, o->value, "unknown reference system \"%.40s\", expected one of reference.config", text);
		if (!own || map_set(&p->s->lookup->references, span_of(own, strlen(text)), own) < 0)
			return E_NOMEM;
		prefix = own;
	}
	if (prefix[0] && strstr(id, "://"))
		prefix = ""; /* already a whole URL */
	size_t n = strlen(prefix), m = strlen(id);
	char *url = arena_alloc(texts(p), n + m + 1);
	if (!url)
		return E_NOMEM;
	memcpy(url, prefix, n);
	memcpy(url + n, id, m + 1);
	*out = url;
	return 0;
}

static int
read_reference(struct parse *p, const struct rule_option *o, struct counts *c)
{
	struct map *urls = &p->s->lookup->urls;
	struct span value = parse_written(p, o->value, o->n);
	const char *url = map_find(urls, value);
	int e;

	if (!url && ((e = new_url(p, o, &url)) < 0 || (e = lookup_keep(p->s, urls, value, (void *) url)) < 0))
		return e;
	((const char **) p->r->references)[c->references++] = url;
	return 0;
}

/* "key value"; *out is NULL for one without a key. */
static int
read_item(struct parse *p, char *item, const struct card_meta **out)
{
	struct map *items = &p->s->lookup->items;
	struct span text = parse_written(p, item, strlen(item));
	struct card_meta *m = map_find(items, text);
	char *key, *copy;

	*out = m;
	if (m || !*item)
		return 0;
	m = arena_alloc(&p->s->arena, sizeof(*m));
	copy = arena_strdup(texts(p), item);
	if (!m || !copy)
		return E_NOMEM;
	key = text_next_word(&copy);
	*m = (struct card_meta) { key, text_trimmed(copy) };
	*out = m;
	return lookup_keep(p->s, items, text, m);
}

static uint32_t
commas(const char *s)
{
	uint32_t n = 0;

	while ((s = strchr(s, ','))) {
		s++;
		n++;
	}
	return n;
}

static int
new_metadata(struct parse *p, const struct rule_option *o, struct metadata **out)
{
	struct metadata *m = arena_zalloc(&p->s->arena, sizeof(*m));
	char *rest = unquoted(o), *item;
	const struct card_meta *one;

	if (!m || !(m->v = arena_alloc(texts(p), (commas(rest) + 1) * sizeof(*m->v))))
		return E_NOMEM;
	while ((item = text_next_item(&rest))) {
		if (read_item(p, item, &one) < 0)
			return E_NOMEM;
		if (one)
			m->v[m->n++] = *one;
	}
	*out = m;
	return 0;
}

static int
read_metadata(struct parse *p, const struct rule_option *o, struct counts *c)
{
	struct map *known = &p->s->lookup->metadata;
	struct span value = parse_written(p, o->value, o->n);
	struct metadata *m = map_find(known, value);
	struct rule *r = p->r;
	struct card_meta *both;

	if (!m && (new_metadata(p, o, &m) < 0 || lookup_keep(p->s, known, value, m) < 0))
		return E_NOMEM;
	if (r->n_metadata == 0 || m->n == 0) {
		r->metadata = m->n ? m->v : r->metadata;
		r->n_metadata += m->n;
		return 0;
	}
	if (!(both = arena_alloc(texts(p), (r->n_metadata + m->n) * sizeof(*both))))
		return E_NOMEM;
	memcpy(both, r->metadata, r->n_metadata * sizeof(*both));
	memcpy(both + r->n_metadata, m->v, m->n * sizeof(*both));
	r->metadata = both;
	r->n_metadata += m->n;
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

/* Room for references, filled by their reader. */
static int
make_references(struct parse *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->options->n; i++)
		n += p->options->v[i].name[0] == 'r' && strcmp(p->options->v[i].name, "reference") == 0;
	if (n && !(p->r->references = arena_alloc(texts(p), n * sizeof(char *))))
		return E_NOMEM;
	return 0;
}

static const struct meta *
meta_named(const char *name)
{
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++)
		if (name[0] == metas[i].name[0] && name[1] == metas[i].name[1] && strcmp(name, metas[i].name) == 0) /* most begin otherwise */
			return &metas[i];
	return NULL;
}

static int
read_one(struct parse *p, struct rule_option *o, struct counts *c)
{
	const struct meta *m = meta_named(o->name);

	if (!m)
		return 0;
	o->meta = true;
	if (!o->value || !*o->value)
		return parse_error(p, o->name, "%s without a value, expected %s:VALUE;", o->name, o->name);
	return m->read(p, o, c);
}

int
meta_read(struct parse *p)
{
	struct rule *r = p->r;
	struct counts c = { 0 };
	int e = make_references(p);

	r->gid = 1;
	r->msg = r->category = "";
	for (uint32_t i = 0; e == 0 && i < p->options->n; i++)
		e = read_one(p, &p->options->v[i], &c);
	if (e < 0)
		return e;
	r->n_references = c.references;
	if (!c.sid)
		return parse_error(p, p->work, "rule without a sid, expected sid:NUMBER;");
	if (!r->priority_set)
		r->priority = c.class ? c.class->priority : PRIORITY_DEFAULT;
	return 0;
}
