/*
 * build_byte - the many options of byte_test, byte_jump, byte_extract and byte_math.
 */
#include <stdlib.h>

#include "engine/detect/build.h"

#define WORDS 16

static int
oper_of(const char *s, enum op_type type)
{
	static const struct {
		const char *text;
		int test, math;
	} ops[] = { { "<", BYTE_LT, -1 }, { ">", BYTE_GT, -1 }, { "=", BYTE_EQ, -1 }, { "<=", BYTE_LE, -1 }, { ">=", BYTE_GE, -1 },
		{ "&", BYTE_AND, -1 }, { "^", BYTE_OR, -1 }, { "+", -1, BYTE_ADD }, { "-", -1, BYTE_SUB }, { "*", -1, BYTE_MUL },
		{ "/", -1, BYTE_DIV }, { "<<", -1, BYTE_SHL }, { ">>", -1, BYTE_SHR } };

	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(ops[i].text, s))
			return type == OP_BYTE_MATH ? ops[i].math : ops[i].test;
	return -1;
}

/* "name value" -> value; NULL when the word is another one. */
static const char *
after(const char *word, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) || (word[n] != ' ' && word[n] != '\t'))
		return NULL;
	return word + n + strspn(word + n, " \t");
}

static int
number(struct build *b, const char *s, uint64_t max, uint64_t *out)
{
	char *end;

	*out = strtoull(s, &end, 0);
	if (end == s || *end || *out > max)
		return build_error(b, 0, "\"%s\" is not a number from 0 to %llu", s, (unsigned long long) max);
	return 0;
}

static int
bitmask(struct build *b, const char *s, struct op_byte *o)
{
	char *end;

	o->bitmask = strtoull(s, &end, 16);
	if (end == s || *end || !o->bitmask || o->bitmask > UINT32_MAX)
		return build_error(b, 0, "\"%s\" is not a bitmask such as 0x0ff0", s);
	o->shift = (uint8_t) __builtin_ctzll(o->bitmask);
	return 0;
}

static int
endian(struct build *b, const char *s, struct op_byte *o)
{
	if (!strcmp(s, "big"))
		o->endian = BYTE_BIG;
	else if (!strcmp(s, "little"))
		o->endian = BYTE_LITTLE;
	else if (!strcmp(s, "dce"))
		o->endian = BYTE_DCE;
	else
		return build_error(b, 0, "\"%s\": big, little or dce was expected", s);
	return 0;
}

static int
base(const char *s)
{
	return !strcmp(s, "hex") ? 16 : !strcmp(s, "dec") ? 10 : !strcmp(s, "oct") ? 8 : 0;
}

/* One of the words that all four have, in the spelling of each. 1: taken. */
static int
common_word(struct build *b, const char *w, enum op_type type, struct op_byte *o)
{
	const char *v;
	uint64_t n;

	if (!strcmp(w, "relative"))
		o->relative = true;
	else if (!strcmp(w, "big") || !strcmp(w, "little") || !strcmp(w, "dce"))
		endian(b, w, o);
	else if ((v = after(w, "endian")))
		return endian(b, v, o) < 0 ? E_BAD : 1;
	else if (!strcmp(w, "string"))
		o->string = true;
	else if (base(w)) {
		o->string = true;
		o->base = (uint8_t) base(w);
	} else if ((v = after(w, "string"))) {
		o->string = true;
		if (!(o->base = (uint8_t) base(v)))
			return build_error(b, 0, "\"%s\": hex, dec or oct was expected", v);
	} else if ((v = after(w, "bitmask")))
		return bitmask(b, v, o) < 0 ? E_BAD : 1;
	else if ((v = after(w, "multiplier"))) {
		if (number(b, v, 65535, &n) < 0 || n == 0)
			return build_error(b, 0, "the multiplier must be from 1 to 65535");
		o->multiplier = (uint32_t) n;
	} else if (type == OP_BYTE_JUMP && !strcmp(w, "align"))
		o->align = true;
	else if (type == OP_BYTE_EXTRACT && (v = after(w, "align"))) {
		if (number(b, v, 4, &n) < 0 || (n != 2 && n != 4))
			return build_error(b, 0, "align must be 2 or 4");
		o->align_to = (uint8_t) n;
	} else if (type == OP_BYTE_JUMP && !strcmp(w, "from_beginning"))
		o->from_beginning = true;
	else if (type == OP_BYTE_JUMP && !strcmp(w, "from_end"))
		o->from_end = true;
	else if (type == OP_BYTE_JUMP && (v = after(w, "post_offset")))
		return build_operand(b, v, -65535, 65535, &o->post_offset) < 0 ? E_BAD : 1;
	else
		return 0;
	return 1;
}

static int
rest(struct build *b, const char *const *v, int from, int n, enum op_type type, struct op_byte *o)
{
	for (int i = from; i < n; i++) {
		int e = common_word(b, v[i], type, o);
		if (e < 0)
			return E_BAD;
		if (e == 0)
			return build_error(b, 0, "unknown option \"%s\"", v[i]);
	}
	return 0;
}

/* The value of byte_test: up to 64 bits, or a variable. */
static int
test_value(struct build *b, const char *s, struct operand *out)
{
	char *end;
	unsigned long long v = strtoull(s, &end, 0);

	if (end != s && !*end && *s != '-') {
		*out = (struct operand) { (int64_t) v, -1 };
		return 0;
	}
	return build_operand(b, s, INT32_MIN, INT64_MAX, out);
}

static int
parse_test(struct build *b, const char **v, int n, struct op_byte *o, bool *negated)
{
	if (n < 4)
		return build_error(b, 0, "\"bytes, [!]operator, value, offset[, ...]\" was expected");
	*negated = v[1][0] == '!';
	const char *op = v[1] + *negated;
	op += strspn(op, " ");
	int oper = *op ? oper_of(op, OP_BYTE_TEST) : BYTE_EQ;
	if (oper < 0)
		return build_error(b, 0, "unknown operator \"%s\": < > = <= >= & ^ was expected", v[1]);
	o->oper = (uint8_t) oper;
	if (build_operand(b, v[0], 0, 23, &o->bytes) < 0 || test_value(b, v[2], &o->value) < 0 ||
	    build_operand(b, v[3], INT32_MIN, INT32_MAX, &o->offset) < 0)
		return E_BAD;
	return rest(b, v, 4, n, OP_BYTE_TEST, o);
}

static int
parse_jump(struct build *b, const char **v, int n, struct op_byte *o)
{
	if (n < 2)
		return build_error(b, 0, "\"bytes, offset[, ...]\" was expected");
	if (build_operand(b, v[0], 0, 23, &o->bytes) < 0 || build_operand(b, v[1], -65535, 65535, &o->offset) < 0)
		return E_BAD;
	return rest(b, v, 2, n, OP_BYTE_JUMP, o);
}

static int
parse_extract(struct build *b, const char **v, int n, struct op_byte *o)
{
	if (n < 3)
		return build_error(b, 0, "\"bytes, offset, name[, ...]\" was expected");
	if (build_operand(b, v[0], 1, 23, &o->bytes) < 0 || build_operand(b, v[1], -65535, 65535, &o->offset) < 0 ||
	    rest(b, v, 3, n, OP_BYTE_EXTRACT, o) < 0)
		return E_BAD;
	return build_var(b, v[2], &o->out);
}

static int
parse_math(struct build *b, const char **v, int n, struct op_byte *o)
{
	const char *bytes = NULL, *offset = NULL, *oper = NULL, *right = NULL, *result = NULL, *s;
	int e;

	for (int i = 0; i < n; i++) {
		if ((s = after(v[i], "bytes")))
			bytes = s;
		else if ((s = after(v[i], "offset")))
			offset = s;
		else if ((s = after(v[i], "oper")))
			oper = s;
		else if ((s = after(v[i], "rvalue")))
			right = s;
		else if ((s = after(v[i], "result")))
			result = s;
		else if ((e = common_word(b, v[i], OP_BYTE_MATH, o)) <= 0)
			return e < 0 ? E_BAD : build_error(b, 0, "unknown option \"%s\"", v[i]);
	}
	if (!bytes || !offset || !oper || !right || !result)
		return build_error(b, 0, "\"bytes N, offset N, oper +, rvalue N, result name\" was expected");
	e = oper_of(oper, OP_BYTE_MATH);
	if (e < 0)
		return build_error(b, 0, "unknown operator \"%s\": + - * / << >> was expected", oper);
	o->oper = (uint8_t) e;
	if (build_operand(b, bytes, 1, 10, &o->bytes) < 0 || build_operand(b, offset, -65535, 65535, &o->offset) < 0 ||
	    build_operand(b, right, 0, UINT32_MAX, &o->value) < 0)
		return E_BAD;
	if (o->oper == BYTE_DIV && o->value.var < 0 && o->value.value == 0)
		return build_error(b, 0, "division by zero");
	return build_var(b, result, &o->out);
}

int
build_byte_parse(struct build *b, const char *value, enum op_type type, struct op_byte *o, bool *negated)
{
	const char *v[WORDS];
	int n = build_split(b, value, v, WORDS), e;

	if (n < 0)
		return build_error(b, 0, "more than %d words", WORDS);
	*o = (struct op_byte) { .bytes.var = -1, .offset.var = -1, .value.var = -1, .post_offset.var = -1 };
	switch (type) {
	case OP_BYTE_TEST: e = parse_test(b, v, n, o, negated); break;
	case OP_BYTE_JUMP: e = parse_jump(b, v, n, o); break;
	case OP_BYTE_EXTRACT: e = parse_extract(b, v, n, o); break;
	default: e = parse_math(b, v, n, o); break;
	}
	if (e < 0)
		return e;
	if (o->string && !o->base)
		o->base = 10;
	if (!o->string && o->bytes.var < 0 && (o->bytes.value > 8 || (o->bytes.value == 0 && type == OP_BYTE_TEST)))
		return build_error(b, 0, "a binary number has 1 to 8 bytes");
	return 0;
}
