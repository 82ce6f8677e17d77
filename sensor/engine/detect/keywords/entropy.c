/*
 * entropy - Shannon entropy of the current buffer, bits a byte.
 */
#include <math.h>
#include <stdlib.h>

#include "engine/detect/build.h"

enum cmp { LT, LE, GT, GE, EQ, NE, IN, OUT };
struct entropy {
	uint32_t bytes, offset;
	bool relative;
	enum cmp cmp;
	double value, top; /* top: IN and OUT */
	const char *name;  /* of the buffer, as metadata.entropy has it */
};

static double
entropy_of(struct span s)
{
	uint32_t count[256] = { 0 };
	double h = 0;

	for (uint32_t i = 0; i < s.n; i++)
		count[s.p[i]]++;
	for (unsigned i = 0; i < 256; i++)
		if (count[i]) {
			double p = (double) count[i] / s.n;
			h -= p * log2(p);
		}
	return h;
}

static bool
compares(const struct entropy *e, double h)
{
	switch (e->cmp) {
	case LT: return h < e->value;
	case LE: return h <= e->value;
	case GT: return h > e->value;
	case GE: return h >= e->value;
	case EQ: return fabs(h - e->value) < 0.0001;
	case IN: return h > e->value && h < e->top;
	case OUT: return h <= e->value || h >= e->top;
	default: return fabs(h - e->value) >= 0.0001;
	}
}

static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	const struct entropy *e = a->p;
	uint64_t from = (e->relative ? in->at : 0) + (uint64_t) e->offset;

	if (from > buf.n)
		return false;
	struct span s = span_skip(buf, (uint32_t) from);
	if (e->bytes) {
		if (s.n < e->bytes)
			return false;
		s = span_head(s, e->bytes);
	}
	double h = entropy_of(s);
	if (!compares(e, h))
		return false;
	capture_add(in, VAR_ENTROPY, e->name, SPAN_NONE, h);
	return true;
}

static int
read_value(struct build *b, const char *s, struct entropy *e)
{
	static const struct {
		const char *text;
		enum cmp cmp;
	} ops[] = { { "<=", LE }, { ">=", GE }, { "!=", NE }, { "<", LT }, { ">", GT }, { "=", EQ }, { "!", NE } };
	char *end;

	s += strspn(s, " ");
	e->cmp = EQ;
	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strncmp(s, ops[i].text, strlen(ops[i].text))) {
			e->cmp = ops[i].cmp;
			s += strlen(ops[i].text);
			break;
		}
	e->value = strtod(s, &end);
	if (end > s)
		end += strspn(end, " ");
	if (end > s && (*end == '-' || !strncmp(end, "<>", 2)) && (e->cmp == EQ || e->cmp == NE)) {
		e->cmp = e->cmp == EQ ? IN : OUT;
		s = end + (*end == '-' ? 1 : 2);
		e->top = strtod(s, &end);
	}
	if (end == s || *end || e->value < 0 || e->value > 8)
		return build_error(b, 0, "value: a number from 0 to 8 with <, >, <=, >=, =, != or a range such as 4-5 was expected");
	return 0;
}

/* "file.data" -> "file_data" */
static int
name_buffer(struct build *b, struct entropy *e)
{
	const struct draft_list *l = build_list(b);
	char *name = l ? arena_printf(build_arena(b), "%s", l->buffer.name) : NULL;

	for (char *c = name; c && *c; c++)
		if (*c == '.')
			*c = '_';
	e->name = name;
	return name ? 0 : E_BAD;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct entropy *e = arena_zalloc(build_arena(b), sizeof(*e));
	const char *v[4];
	int n = build_split(b, a->text, v, 4);
	bool has = false;

	if (!e)
		return E_NOMEM;
	for (int i = 0; i < n; i++) {
		if (!strncmp(v[i], "bytes ", 6))
			e->bytes = (uint32_t) strtoul(v[i] + 6, NULL, 10);
		else if (!strncmp(v[i], "offset ", 7))
			e->offset = (uint32_t) strtoul(v[i] + 7, NULL, 10);
		else if (!strcmp(v[i], "relative"))
			e->relative = true;
		else if (!strncmp(v[i], "value", 5)) {
			if (read_value(b, v[i] + 5, e) < 0)
				return E_BAD;
			has = true;
		} else
			return build_error(b, 0, "\"%s\": bytes, offset, relative or value was expected", v[i]);
	}
	if (!has)
		return build_error(b, 0, "\"value >= 4.5\" is missing");
	if (name_buffer(b, e) < 0)
		return E_BAD;
	return build_test(b, test, &(union kw_arg) { .p = e }, "entropy", false, e->relative);
}

const struct keyword keyword_entropy = {
	.name = "entropy", .help = "Shannon entropy of the buffer, bits a byte", .example = "entropy:bytes 0, offset 0, value >= 4.5",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
