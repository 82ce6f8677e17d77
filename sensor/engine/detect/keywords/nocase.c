/*
 * nocase - the content before it in any mix of upper and lower case.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);

	if (!c || c->flags & CO_NOCASE)
		return c ? build_error(b, 0, "given twice for one content") : E_BAD;
	uint8_t *p = (uint8_t *) c->p; /* its own */
	for (uint32_t i = 0; i < c->n; i++)
		p[i] = byte_lower(p[i]);
	c->flags |= CO_NOCASE;
	return 0;
}

const struct keyword keyword_nocase = {
	.name = "nocase", .help = "upper and lower case are the same for the content before it", .example = "content:\"abc\"; nocase",
	.scope = KW_CONTENT, .arg = ARG_NONE, .setup = setup,
};
