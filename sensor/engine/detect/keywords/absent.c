/*
 * absent - the buffer is not there.
 */
#include "engine/detect/build.h"
static int
setup(struct build *b, const union kw_arg *a)
{
	if (a->text && strcmp(a->text, "or_else"))
		return build_error(b, 0, "nothing or \"or_else\" was expected");
	if (b->cur == 0 || b->in_base64)
		return build_error(b, 0, "\"absent\" must follow a sticky buffer");
	struct draft_list *l = build_list(b);
	if (!l)
		return E_LIMIT;
	if (l->n)
		return build_error(b, 0, "\"absent\" must come first after its buffer");
	l->absent = true;
	l->absent_only = !a->text;
	b->not_iponly = true;
	return 0;
}

const struct keyword keyword_absent = {
	.name = "absent", .help = "the buffer is not there (or_else: or what follows matches)", .example = "http.referer; absent:or_else; content:!\"abc\"",
	.scope = KW_CONTENT, .arg = ARG_OPTIONAL, .setup = setup,
};
