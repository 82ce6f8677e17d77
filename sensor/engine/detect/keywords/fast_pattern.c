/*
 * fast_pattern - the content that rules are found by.
 */
#include <stdlib.h>

#include "engine/detect/build.h"

static bool
fast_already(const struct build *b)
{
	for (uint32_t l = 0; l < b->n_lists; l++)
		for (uint32_t i = 0; i < b->lists[l].n; i++)
			if (b->lists[l].ops[i].type == OP_CONTENT && ((const struct op_content *) b->lists[l].ops[i].arg)->flags & CO_FAST)
				return true;
	return false;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_content *c = build_content(b);
	const char *v[2];

	if (!c)
		return E_BAD;
	if (fast_already(b))
		return build_error(b, 0, "more than one fast_pattern in one rule");
	c->flags |= CO_FAST;
	if (!a->text)
		return 0;
	if (!strcmp(a->text, "only")) {
		if (c->flags & (CO_NEGATED | CO_OFFSET | CO_DEPTH | CO_DISTANCE | CO_WITHIN))
			return build_error(b, 0, "only cannot be used with offset, depth, distance, within or a negated content");
		c->flags |= CO_FAST_ONLY;
		return 0;
	}
	const char *text = a->text;
	if (!strncmp(text, "chop", 4))
		text += 4 + strspn(text + 4, ", ");
	if (build_split(b, text, v, 2) != 2)
		return build_error(b, 0, "\"only\" or \"offset,length\" was expected");
	char *e1, *e2;
	unsigned long at = strtoul(v[0], &e1, 10), n = strtoul(v[1], &e2, 10);
	if (*e1 || *e2 || n == 0 || at > c->n || n > c->n || at + n > c->n)
		return build_error(b, 0, "offset and length must lie within the content (%u bytes)", c->n);
	c->flags |= CO_FAST_CHOP;
	c->chop_at = (uint16_t) at;
	c->chop_n = (uint16_t) n;
	return 0;
}

const struct keyword keyword_fast_pattern = {
	.name = "fast_pattern", .help = "the content by which the rule is found before all else is looked at", .example = "content:\"abc\"; fast_pattern",
	.scope = KW_CONTENT, .arg = ARG_OPTIONAL, .setup = setup,
};
