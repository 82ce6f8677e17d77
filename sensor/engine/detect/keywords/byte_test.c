/*
 * byte_test - a number in the buffer compared with another.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_byte *o = arena_zalloc(build_arena(b), sizeof(*o));
	bool negated = false;

	if (!o)
		return E_NOMEM;
	if (build_byte_parse(b, a->text, OP_BYTE_TEST, o, &negated) < 0)
		return E_BAD;
	bool depends = o->relative || o->bytes.var >= 0 || o->offset.var >= 0 || o->value.var >= 0 || o->post_offset.var >= 0;
	return build_add_op(b, OP_BYTE_TEST, o, negated, depends);
}

const struct keyword keyword_byte_test = {
	.name = "byte_test", .help = "a number in the buffer compared with another", .example = "byte_test:2,>,1000,4,relative,little",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
