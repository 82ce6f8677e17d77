/*
 * build_content - the program of a buffer while a rule is read: sticky buffers, old modifiers, contents, variables.
 */
#include <stdlib.h>

#include "engine/detect/build.h"

extern const struct keyword keyword_content, keyword_nocase;

static bool
same_buffer(const struct draft_list *a, const struct draft_list *b)
{
	if (!buffer_alike(&a->buffer, &b->buffer))
		return false;
	for (unsigned i = 0; i < a->buffer.n_transforms; i++)
		if (a->transforms[i].kw != b->transforms[i].kw || a->transforms[i].arg.p != b->transforms[i].arg.p)
			return false;
	return true;
}

/* The list of a buffer, an old one or a new one. */
static struct draft_list *
list_of(struct build *b, const struct draft_list *want)
{
	if (!want->instance)
		for (uint32_t i = 1; i < b->n_lists; i++)
			if (same_buffer(&b->lists[i], want)) {
				b->cur = (int) i;
				return &b->lists[i];
			}
	if (b->n_lists > DETECT_PARTS) {
		build_error(b, 0, "more than %d buffers in one rule", DETECT_PARTS);
		return NULL;
	}
	struct draft_list *l = &b->lists[b->n_lists];
	memcpy(l, want, offsetof(struct draft_list, cap));
	memcpy(l->transforms, want->transforms, want->buffer.n_transforms * sizeof(*l->transforms));
	l->n = 0;
	b->cur = (int) b->n_lists++;
	return l;
}

struct draft_list *
build_list(struct build *b)
{
	if (b->in_base64)
		return &b->base64_list;
	if (b->cur < 0)
		return list_of(b, &b->pending);
	return &b->lists[b->cur];
}

void
build_buffer(struct build *b, const struct buffer *buf)
{
	b->in_base64 = false;
	b->cur = -1;
	b->pending_set = true;
	list_reset(&b->pending);
	b->pending.buffer = *buf;
	b->pending.instance = buf->multi;
}

void
build_payload(struct build *b)
{
	b->in_base64 = false;
	b->pending_set = false;
	b->cur = 0;
}

/* A content has closed the buffer, without a transform so far: what follows works on a changed copy of the same one. */
static bool
reopen(struct build *b)
{
	if (!b->pending_set || b->in_base64 || b->pending.buffer.n_transforms)
		return false;
	if (b->cur > 0 && strcmp(b->lists[b->cur].buffer.name, b->pending.buffer.name) == 0)
		b->cur = -1;
	return b->cur < 0;
}

int
build_transform(struct build *b, const struct keyword *kw, const union kw_arg *a)
{
	if ((b->cur >= 0 || !b->pending_set) && !reopen(b))
		return build_error(b, 0, "\"%s\" must follow a sticky buffer", kw->name);
	if (b->pending.buffer.n_transforms == TRANSFORMS_MAX)
		return build_error(b, 0, "more than %d transforms of one buffer", TRANSFORMS_MAX);
	b->pending.transforms[b->pending.buffer.n_transforms++] = (struct transform) { kw, *a };
	return 0;
}

/* Without a sticky buffer, what is relative goes where the match before it is (an old modifier may have moved that). */
static bool
follows(const struct build *b, uint8_t type, bool relative)
{
	return relative && !b->pending_set && !b->in_base64 && b->cur == 0 && type != OP_CONTENT && b->last_list < b->n_lists;
}

int
build_add_op(struct build *b, uint8_t type, const void *arg, bool negated, bool relative)
{
	struct draft_list *l = follows(b, type, relative) ? &b->lists[b->last_list] : build_list(b);

	if (!l)
		return E_LIMIT;
	if (vec_grow(&l->ops, l->n, &l->cap, sizeof(*l->ops)) < 0)
		return E_NOMEM;
	b->last_list = b->in_base64 ? 0 : (uint32_t) (l - b->lists);
	l->ops[l->n++] = (struct op) { .type = type, .negated = negated, .relative = relative, .opt = build_option(b), .arg = arg };
	b->not_iponly = true;
	if (type == OP_CONTENT) {
		b->content_list = b->in_base64 ? -2 : (int) (l - b->lists);
		b->content_op = (int) l->n - 1;
	}
	return 0;
}

struct op *
build_content_op(struct build *b)
{
	if (b->content_op < 0) {
		build_error(b, 0, "\"%s\" must follow a content", b->opt->name);
		return NULL;
	}
	struct draft_list *l = b->content_list == -2 ? &b->base64_list : &b->lists[b->content_list];
	return &l->ops[b->content_op];
}

struct op_content *
build_content(struct build *b)
{
	struct op *op = build_content_op(b);

	return op ? (struct op_content *) op->arg : NULL;
}

/* An old modifier: the last content goes over to another buffer. */
int
build_modifier(struct build *b, const struct buffer *buf)
{
	struct op *op = build_content_op(b);
	int cur = b->cur, content = b->content_op, from = b->content_list;
	struct draft_list want = { .buffer = *buf };

	if (!op)
		return E_BAD;
	if (from != 0)
		return build_error(b, 0, "\"%s\" cannot be used after a sticky buffer", b->opt->name);
	if (((const struct op_content *) op->arg)->flags & CO_RAW)
		return build_error(b, 0, "\"%s\" and rawbytes exclude each other", b->opt->name);
	struct op moved = *op;
	struct draft_list *l = list_of(b, &want);
	if (!l || vec_grow(&l->ops, l->n, &l->cap, sizeof(*l->ops)) < 0)
		return E_NOMEM;
	l->ops[l->n++] = moved;
	b->content_list = b->cur;
	b->last_list = (uint32_t) b->cur;
	b->content_op = (int) l->n - 1;
	struct draft_list *pay = &b->lists[0];
	memmove(&pay->ops[content], &pay->ops[content + 1], (pay->n - (uint32_t) content - 1) * sizeof(*pay->ops));
	pay->n--;
	b->cur = cur;
	return 0;
}

int
build_add_in(struct build *b, const char *buffer, uint8_t type, const void *arg, bool negated, bool relative)
{
	struct draft_list want = { 0 };
	bool modifier, base64 = b->in_base64;
	enum field_kind kind;
	int cur = b->cur;

	if (!build_lookup(b, buffer, &want.buffer, &modifier, &kind))
		return build_error(b, 0, "there is no %s", buffer);
	b->in_base64 = false;
	int e = list_of(b, &want) ? build_add_op(b, type, arg, negated, relative) : E_LIMIT;
	b->cur = cur;
	b->in_base64 = base64;
	return e;
}

int
build_var(struct build *b, const char *name, uint8_t *out)
{
	for (uint32_t i = 0; i < b->n_vars; i++)
		if (!strcmp(b->vars[i], name)) {
			*out = (uint8_t) i;
			return 0;
		}
	if (b->n_vars == DETECT_VARS)
		return build_error(b, 0, "more than %d variables in one rule", DETECT_VARS);
	*out = (uint8_t) b->n_vars;
	b->vars[b->n_vars++] = name;
	return 0;
}

int
build_operand(struct build *b, const char *text, int64_t min, int64_t max, struct operand *out)
{
	char *end;
	long long v;

	if (!text || !*text)
		return build_error(b, 0, "a number or a variable is missing");
	v = strtoll(text, &end, 0);
	if (!*end) {
		if (v < min || v > max)
			return build_error(b, 0, "%lld is not within %lld..%lld", v, (long long) min, (long long) max);
		*out = (struct operand) { v, -1 };
		return 0;
	}
	for (uint32_t i = 0; i < b->n_vars; i++)
		if (!strcmp(b->vars[i], text)) {
			*out = (struct operand) { 0, (int8_t) i };
			return 0;
		}
	return build_error(b, 0, "\"%s\" is neither a number nor a variable of an earlier byte_extract or byte_math", text);
}

int
build_bound(struct build *b, const char *text, int32_t min, int32_t max, struct bound *out)
{
	struct operand o;

	if (build_operand(b, text, min, max, &o) < 0)
		return E_BAD;
	*out = (struct bound) { (int32_t) o.value, o.var };
	return 0;
}

int
build_test(struct build *b, bool (*test)(struct inspect *, struct span, const union kw_arg *), const union kw_arg *a,
    const char *name, bool negated, bool relative)
{
	struct op_test *t = arena_zalloc(build_arena(b), sizeof(*t));

	if (!t)
		return E_NOMEM;
	t->test = test;
	t->arg = *a;
	t->name = name;
	return build_add_op(b, OP_TEST, t, negated, relative);
}

void
build_size(struct build *b, const struct kw_number *n)
{
	if (b->in_base64 || n->op != NUM_EQ || n->a >= UINT32_MAX)
		return;
	b->lists[b->last_list].sized = true;
	b->lists[b->last_list].size = (uint32_t) n->a;
}

int
build_part(struct build *b, const struct part *p)
{
	if (b->n_parts == DETECT_PARTS)
		return build_error(b, 0, "more than %d tests of a transaction in one rule", DETECT_PARTS);
	b->parts[b->n_parts] = *p;
	b->parts[b->n_parts++].opt = build_option(b);
	b->not_iponly = true;
	return 0;
}

bool
build_sets_place(const struct op *op)
{
	switch (op->type) {
	case OP_CONTENT:
	case OP_PCRE:
		return !op->negated;
	case OP_BYTE_JUMP:
	case OP_BYTE_EXTRACT:
	case OP_BYTE_MATH:
		return true;
	default:
		return false;
	}
}

int
build_content_of(struct build *b, const union kw_arg *a, const char *field, bool nocase)
{
	struct buffer buf;
	bool modifier;
	enum field_kind kind;

	if (keyword_content.setup(b, a) < 0 || (nocase && keyword_nocase.setup(b, NULL) < 0) || !build_content(b))
		return E_BAD;
	if (!build_lookup(b, field, &buf, &modifier, &kind))
		return build_error(b, 0, "there is no %s", field);
	return build_modifier(b, &buf);
}
