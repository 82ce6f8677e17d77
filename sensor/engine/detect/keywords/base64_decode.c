/*
 * base64_decode - decodes a piece of the current buffer for base64_data.
 */
#include <stdlib.h>

#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_base64 *o = arena_zalloc(build_arena(b), sizeof(*o));
	const char *v[4];
	int n = a->text ? build_split(b, a->text, v, 4) : 0;

	if (!o)
		return E_NOMEM;
	for (int i = 0; i < n; i++) {
		char *end = NULL;
		if (!strcmp(v[i], "relative")) {
			o->relative = true;
			continue;
		}
		unsigned long num = strtoul(v[i] + strcspn(v[i], " \t"), &end, 10);
		if (!strncmp(v[i], "bytes ", 6) && !*end && num <= UINT16_MAX) {
			o->bytes = (uint32_t) num;
			o->has_bytes = true;
		} else if (!strncmp(v[i], "offset ", 7) && !*end && num <= UINT16_MAX)
			o->offset = (uint32_t) num;
		else
			return build_error(b, 0, "\"%s\": bytes N, offset N or relative was expected", v[i]);
	}
	if (n < 0 || (o->has_bytes && o->bytes == 0))
		return build_error(b, 0, "\"bytes N, offset N, relative\" was expected");
	if (b->base64)
		return build_error(b, 0, "more than one base64_decode in one rule");
	if (build_add_op(b, OP_BASE64, o, false, o->relative) < 0)
		return E_NOMEM;
	b->base64 = o;
	return 0;
}

const struct keyword keyword_base64_decode = {
	.name = "base64_decode", .help = "decodes base64 in the current buffer", .example = "base64_decode:bytes 12, offset 1, relative",
	.scope = KW_CONTENT, .arg = ARG_OPTIONAL, .setup = setup,
};
