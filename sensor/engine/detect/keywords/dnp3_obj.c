/*
 * dnp3_obj - the message has an object of this group and variation.
 */
#include <stdlib.h>

#include "engine/app/protocols/dnp3.h"
#include "engine/detect/build.h"

struct object {
	uint8_t group, variation;
};

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct object *o = a->p;

	return dnp3_has_object(c->tx, o->group, o->variation);
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct object *o = arena_zalloc(build_arena(b), sizeof(*o));
	const struct kw_number *n;
	const char *text = build_text(b, value), *part[2];

	if (!o)
		return E_NOMEM;
	if (!text || build_split(b, text, part, 2) != 2)
		return build_error(b, 0, "a group and a variation are expected, such as 22,1");
	for (int i = 0; i < 2; i++) {
		if (build_number(b, part[i], 255, &n) < 0 || n->op != NUM_EQ)
			return build_error(b, 0, "\"%s\" is not a number from 0 to 255", part[i]);
		*(i ? &o->variation : &o->group) = (uint8_t) n->a;
	}
	out->p = o;
	return 0;
}

const struct keyword keyword_dnp3_obj = {
	.name = "dnp3_obj", .help = "the message has an object of this group and variation", .example = "dnp3_obj:22,1",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "dnp3", .dirs = 3, .progress = { 1, 1 },
};
