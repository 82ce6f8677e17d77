/*
 * fileext - the name of a file ends in this, whatever the case: old form of file.name; content; nocase.
 */
#include "engine/detect/build.h"

extern const struct keyword keyword_content, keyword_nocase;

static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c;
	struct buffer buf;
	uint8_t *p;
	bool modifier;
	enum field_kind kind;

	if (keyword_content.setup(b, a) < 0 || keyword_nocase.setup(b, NULL) < 0 || !(c = build_content(b)))
		return E_BAD;
	if (!buffer_lookup("file.name", &buf, build_arena(b), &modifier, &kind))
		return build_error(b, 0, "there is no file.name");
	p = arena_alloc(build_arena(b), c->n + 1);
	if (!p)
		return E_NOMEM;
	p[0] = '.';
	memcpy(p + 1, c->p, c->n);
	c->p = p;
	c->n++;
	c->flags |= CO_ENDS;
	return build_modifier(b, &buf);
}

const struct keyword keyword_fileext = {
	.name = "fileext", .help = "the name of a file ends in this, whatever the case", .example = "fileext:\"exe\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
