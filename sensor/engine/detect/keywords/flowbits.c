/*
 * flowbits - marks of a flow that one rule sets and another reads.
 */
#include "engine/detect/keyword.h"
#include "engine/detect/marks.h"

#define BITS_OR 16
struct bits {
	uint32_t n, id[BITS_OR]; /* any of them */
};

static bool
any(const struct match_ctx *c, const union kw_arg *a)
{
	const struct bits *b = a->p;

	for (uint32_t i = 0; i < b->n; i++)
		if (c->in->marks && marks_bit(c->in->marks, b->id[i]))
			return true;
	return false;
}

static bool
none(const struct match_ctx *c, const union kw_arg *a)
{
	const struct bits *b = a->p;

	for (uint32_t i = 0; i < b->n; i++)
		if (!c->in->marks || !marks_bit(c->in->marks, b->id[i]))
			return true;
	return false;
}

static void
set(const struct match_ctx *c, const union kw_arg *a)
{
	if (c->in->marks)
		marks_bit_set(c->in->marks, detect_pool(c->d), ((const struct bits *) a->p)->id[0]);
}

static void
unset(const struct match_ctx *c, const union kw_arg *a)
{
	if (c->in->marks)
		marks_bit_clear(c->in->marks, detect_pool(c->d), ((const struct bits *) a->p)->id[0]);
}

static void
toggle(const struct match_ctx *c, const union kw_arg *a)
{
	if (c->in->marks && marks_bit(c->in->marks, ((const struct bits *) a->p)->id[0]))
		unset(c, a);
	else
		set(c, a);
}

/* "a|b|c" */
static int
names(struct build *b, const char *text, struct bits *out)
{
	char *s = arena_strdup(build_arena(b), text), *save = NULL;

	if (!s)
		return E_NOMEM;
	for (char *w = strtok_r(s, "| \t", &save); w; w = strtok_r(NULL, "| \t", &save)) {
		if (out->n == BITS_OR)
			return build_error(b, 0, "more than %d names", BITS_OR);
		out->id[out->n++] = build_name(b, NAME_FLOWBIT, w);
	}
	return out->n ? 0 : build_error(b, 0, "a name is missing");
}

static int
setup(struct build *b, const union kw_arg *a)
{
	const char *comma = strchr(a->text, ','), *v[2] = { a->text, comma ? comma + 1 + strspn(comma + 1, " \t") : NULL };
	int n = comma ? 2 : 1; /* a further comma is part of the name */
	struct bits *bits = arena_zalloc(build_arena(b), sizeof(*bits));
	union kw_arg arg = { .p = bits };

	if (!bits || (comma && !(v[0] = build_text(b, arena_printf(build_arena(b), "%.*s", (int) (comma - a->text), a->text)))))
		return E_NOMEM;
	if (n == 1 && !strcmp(v[0], "noalert")) {
		build_require(b, KW_NOALERT);
		return 0;
	}
	if (n != 2)
		return build_error(b, 0, "\"set,name\", unset, toggle, isset, isnotset or noalert was expected");
	if (names(b, v[1], bits) < 0)
		return E_BAD;
	bool reads = !strcmp(v[0], "isset") || !strcmp(v[0], "isnotset");
	if (!reads && bits->n > 1)
		return build_error(b, 0, "| is for isset and isnotset only");
	build_order(b, ORDER_FLOWBITS, reads ? ORDER_READS : ORDER_SETS);
	if (!strcmp(v[0], "isset"))
		return build_match(b, any, &arg, 0);
	if (!strcmp(v[0], "isnotset"))
		return build_match(b, none, &arg, 0);
	if (!strcmp(v[0], "set"))
		return build_act(b, set, &arg);
	if (!strcmp(v[0], "unset"))
		return build_act(b, unset, &arg);
	if (!strcmp(v[0], "toggle"))
		return build_act(b, toggle, &arg);
	return build_error(b, 0, "unknown command \"%s\"", v[0]);
}

const struct keyword keyword_flowbits = {
	.name = "flowbits", .help = "marks a flow, or asks for a mark", .example = "flowbits:set,name",
	.scope = KW_FLOW, .arg = ARG_STRING, .flags = KW_NEEDS_FLOW, .setup = setup,
};
