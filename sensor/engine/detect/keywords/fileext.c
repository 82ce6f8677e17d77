/*
 * fileext - the name of a file ends in this, whatever the case: old form of file.name; content; nocase.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c;
	uint8_t *p;

	if (build_content_of(b, a, "file.name", true) < 0 || !(c = build_content(b)))
		return E_BAD;
	p = arena_alloc(build_arena(b), c->n + 1);
	if (!p)
		return E_NOMEM;
	p[0] = '.';
	memcpy(p + 1, c->p, c->n);
	c->p = p;
	c->n++;
	c->flags |= CO_ENDS;
	return 0;
}

const struct keyword keyword_fileext = {
	.name = "fileext", .help = "the name of a file ends in this, whatever the case", .example = "fileext:\"exe\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
