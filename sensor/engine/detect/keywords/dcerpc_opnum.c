/*
 * dcerpc.opnum - number of the operation that is called: one, several or ranges of them, or a comparison.
 */
#include "engine/app/protocols/dce.h"
#include "engine/detect/keyword.h"

#define MOST 32

struct arg {
	const struct kw_number *of[MOST];
	int n;
};

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *word[MOST];

	if (!g)
		return E_NOMEM;
	g->n = value ? build_split(b, value, word, MOST) : 0;
	if (g->n < 1)
		return build_error(b, 0, "up to %d numbers or ranges with commas between them were expected", MOST);
	for (int i = 0; i < g->n; i++)
		if (build_number(b, word[i], 65535, &g->of[i]) < 0)
			return build_error(b, 0, "\"%s\": a number up to 65535, a range such as 3-9 or a comparison was expected", word[i]);
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct dce_call *call = dce_of(c->tx);
	const struct arg *g = a->p;

	if (!call || call->type[0] != DCE_REQUEST)
		return false;
	for (int i = 0; i < g->n; i++)
		if (kw_number_has(g->of[i], call->opnum))
			return true;
	return false;
}

const struct keyword keyword_dcerpc_opnum = {
	.name = "dcerpc.opnum", .aliases = "dce_opnum", .help = "operation that is called", .example = "dcerpc.opnum:12,15-18",
	.scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match, .protocols = "dcerpc smb", .dirs = 3, .progress = { 1, 1 },
};
