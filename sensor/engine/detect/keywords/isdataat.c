/*
 * isdataat - is there a byte at this place?
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_isdataat *d = arena_zalloc(build_arena(b), sizeof(*d));
	const char *v[3], *at;
	int n = build_split(b, a->text, v, 3);

	if (!d)
		return E_NOMEM;
	if (n < 1)
		return build_error(b, 0, "\"offset[,relative][,rawbytes]\" was expected");
	at = v[0];
	bool negated = *at == '!';
	for (at += negated; *at == ' '; at++)
		;
	if (build_operand(b, at, 0, 65535, &d->at) < 0)
		return E_BAD;
	for (int i = 1; i < n; i++)
		if (!strcmp(v[i], "relative"))
			d->relative = true;
		else if (strcmp(v[i], "rawbytes"))
			return build_error(b, 0, "\"%s\" is neither relative nor rawbytes", v[i]);
	return build_add_op(b, OP_ISDATAAT, d, negated, d->relative || d->at.var >= 0);
}

const struct keyword keyword_isdataat = {
	.name = "isdataat", .help = "there is, or is not, data at an offset", .example = "isdataat:!10,relative",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
