/*
 * iprep - what the user's reputation files say of an address.
 *
 * Semantics: Suricata 8 user guide, "IP Reputation Keyword".
 */
#include <stdlib.h>

#include "engine/detect/build.h"
#include "engine/detect/reputation.h"

enum side { ANY, SRC, DST, BOTH };
struct arg {
	const struct reputation *rep;
	enum side side;
	int category;
	bool set, not_set;
	struct kw_number number;
};

static bool
holds(const struct arg *g, const struct addr *a)
{
	int score = reputation_score(g->rep, g->category, a);

	if (g->set || g->not_set)
		return (score >= 0) == g->set;
	return score >= 0 && kw_number_has(&g->number, (uint64_t) score);
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct arg *g = a->p;

	if (!c->p->ip_version)
		return false;
	switch (g->side) {
	case SRC:
		return holds(g, &c->p->src);
	case DST:
		return holds(g, &c->p->dst);
	case BOTH:
		return holds(g, &c->p->src) && holds(g, &c->p->dst);
	default:
		return holds(g, &c->p->src) || holds(g, &c->p->dst);
	}
}

static int
index_in(const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return -1;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	static const char *const sides[] = { "any", "src", "dst", "both", NULL }, *const ops[] = { "<", "<=", ">", ">=", "=", NULL };
	static const enum num_op op[] = { NUM_LT, NUM_LE, NUM_GT, NUM_GE, NUM_EQ };
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = build_text(b, value), *v[4];
	int n = text ? build_split(b, text, v, 4) : 0, side, k;
	char *end = NULL;
	unsigned long score = 0;

	if (!g)
		return E_NOMEM;
	if (n < 3 || (side = index_in(v[0], sides)) < 0)
		return build_error(b, 0, "expected any, src, dst or both, a category, and isset, isnotset or < <= > >= = and a score of 0 to 127");
	if (!b->rs->reputation && !(b->rs->reputation = reputation_read(b->in->conf, b->in->tree, b->diag)))
		return E_NOMEM;
	g->rep = b->rs->reputation;
	g->side = (enum side) side;
	if ((g->category = reputation_category(g->rep, v[1])) < 0)
		return build_error(b, 0, "\"%s\" is not a category of the file that reputation-categories-file names", v[1]);
	out->p = g;
	g->set = n == 3 && strcmp(v[2], "isset") == 0;
	g->not_set = n == 3 && strcmp(v[2], "isnotset") == 0;
	if (g->set || g->not_set)
		return 0;
	k = n == 4 ? index_in(v[2], ops) : -1;
	if (n == 4)
		score = strtoul(v[3], &end, 10);
	if (k < 0 || !*v[3] || *end || score > 127)
		return build_error(b, 0, "\"%s\": expected isset, isnotset, or one of < <= > >= = and a score of 0 to 127", v[2]);
	g->number = (struct kw_number) { op[k], score, 0 };
	return 0;
}

const struct keyword keyword_iprep = {
	.name = "iprep", .help = "score of an address in the user's reputation files", .example = "iprep:dst,CnC,>,30",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_IPONLY, .cost = 1, .parse = parse, .match = match,
};
