/*
 * buffers - names of sticky buffers and old modifiers -> fields of all protocols that have them; what is in them.
 */
#include "engine/detect/ruleset.h"

/* "tls_sni" for "tls.sni". */
static bool
same_but_dots(const char *name, const char *field)
{
	for (; *name && *field; name++, field++)
		if (*name != *field && !(*name == '_' && *field == '.'))
			return false;
	return *name == *field;
}

static const struct field *
field_named(const char *name, bool *modifier)
{
	for (int pass = 0; pass < 3; pass++)
		for (unsigned i = 0; i < protocol_table_n; i++)
			each_field(f, protocol_table[i]) {
				*modifier = pass == 1;
				if (pass == 0 ? !strcmp(f->name, name) || word_in(f->aliases, name)
				              : pass == 1 ? word_in(f->modifier, name) : same_but_dots(name, f->name))
					return f;
			}
	return NULL;
}

bool
buffer_lookup(const char *name, struct buffer *out, struct arena *a, bool *modifier, enum field_kind *kind)
{
	const struct field *found = field_named(name, modifier);

	if (!found)
		return false;
	const struct field **rows = arena_zalloc(a, (protocol_table_n + 1) * sizeof(*rows));
	if (!rows)
		return false;
	*out = (struct buffer) { .name = found->name, .kind = BUF_FIELD, .rows = rows };
	*kind = found->kind;
	for (unsigned i = 0; i < protocol_table_n; i++)
		each_field(f, protocol_table[i]) {
			if (strcmp(f->name, found->name))
				continue;
			rows[i] = f;
			out->protocols |= UINT64_C(1) << i;
			out->dirs |= f->dirs;
			out->multi = out->multi || f->kind == FIELD_MULTI || f->bodies;
			out->body = out->body || f->kind == FIELD_BODY;
		}
	return true;
}

static bool
buffer_same(const struct buffer *a, const struct buffer *b)
{
	if (!buffer_alike(a, b))
		return false;
	for (unsigned i = 0; i < a->n_transforms; i++) {
		const struct transform *x = &a->transforms[i], *y = &b->transforms[i];
		if (x->kw != y->kw)
			return false;
		if (x->arg.p != y->arg.p && !(x->kw->arg == ARG_STRING && !strcmp(x->arg.text, y->arg.text)))
			return false;
	}
	return true;
}

uint16_t
buffer_intern(struct ruleset *r, const struct buffer *b)
{
	for (uint32_t i = 0; i < r->n_buffers; i++)
		if (buffer_same(&r->buffers[i], b))
			return (uint16_t) i;
	if (r->n_buffers == UINT16_MAX || vec_grow(&r->buffers, r->n_buffers, &r->cap_buffers, sizeof(*r->buffers)) < 0)
		return 0;
	r->buffers[r->n_buffers] = *b;
	return (uint16_t) r->n_buffers++;
}

bool
transforms_apply(struct detect *d, const struct buffer *b, struct span *s)
{
	for (unsigned i = 0; i < b->n_transforms; i++) {
		const struct transform *t = &b->transforms[i];
		*s = t->kw->transform ? t->kw->transform(&t->arg, *s, &d->scratch) : t->kw->transform_inspect(&t->arg, *s, &d->in);
		if (!s->p)
			return false;
	}
	return true;
}

bool
body_instance(struct detect *d, const struct buffer *b, const struct body *body, bool over, struct span *out, uint64_t *start)
{
	if (!body_view(body, over, out, start))
		return false;
	if (!out->p)
		out->p = (const uint8_t *) "";
	return transforms_apply(d, b, out);
}

const struct body *
body_at(const struct field *f, struct tx *tx, int dir, unsigned index, bool over)
{
	const struct body *body;
	struct span s;
	uint64_t start;

	for (unsigned i = 0; (body = field_body(f, tx, dir, i)); i++)
		if (body_view(body, over, &s, &start) && index-- == 0)
			return body;
	return NULL;
}

/* The bytes of a field; of a body what is to be looked at now, *start = where that begins. `over`: nothing more comes in
 * this direction. false: absent, or not yet there. */
bool
field_instance(struct detect *d, const struct buffer *b, const struct field *f, struct tx *tx, int dir, unsigned index, bool over,
    struct span *out, uint64_t *start)
{
	*start = 0;
	if (!f || !(f->dirs >> dir & 1) || index >= INSTANCES_MAX)
		return false;
	if (f->kind == FIELD_BODY) {
		const struct body *body = body_at(f, tx, dir, index, over);
		return body && body_instance(d, b, body, over, out, start);
	}
	if (!f->bytes || (f->kind == FIELD_BYTES && index > 0) || !f->bytes(tx, dir, index, &d->scratch, out))
		return false;
	if (!out->p)
		out->p = (const uint8_t *) "";
	return transforms_apply(d, b, out);
}

bool
buffer_instance(struct detect *d, const struct buffer *b, struct tx *tx, int dir, unsigned index, bool over, struct span *out,
    uint64_t *start)
{
	return field_instance(d, b, d->app_index < 0 ? NULL : b->rows[d->app_index], tx, dir, index, over, out, start);
}
