/*
 * byte_math - calculates with a number in the buffer.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_byte *o = arena_zalloc(build_arena(b), sizeof(*o));
	bool negated = false;

	if (!o)
		return E_NOMEM;
	if (build_byte_parse(b, a->text, OP_BYTE_MATH, o, &negated) < 0)
		return E_BAD;
	bool depends = o->relative || o->bytes.var >= 0 || o->offset.var >= 0 || o->value.var >= 0 || o->post_offset.var >= 0;
	return build_add_op(b, OP_BYTE_MATH, o, negated, depends);
}

const struct keyword keyword_byte_math = {
	.name = "byte_math", .help = "calculates with a number in the buffer", .example = "byte_math:bytes 2, offset 0, oper +, rvalue 4, result end",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
