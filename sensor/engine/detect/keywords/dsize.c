/*
 * dsize - size of the packet's payload. A rule that wants some is not asked about a packet whose bytes may not be looked at.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct kw_number *n = a->number;
	bool none = n->op == NUM_EQ && n->a == 0;

	if (none ? c->has_payload : !c->has_payload && !kw_number_has(n, 0))
		return false;
	return kw_number_has(n, c->p->payload.n);
}

static void
payload_sizes(const union kw_arg *a, struct size_range *r)
{
	const struct kw_number *n = a->number;
	uint64_t least = 0, most = UINT32_MAX;

	if (n->op == NUM_EQ || n->op == NUM_GE)
		least = n->a;
	else if (n->op == NUM_GT || n->op == NUM_IN)
		least = n->a + 1;
	if (n->op == NUM_EQ || n->op == NUM_LE)
		most = n->a;
	else if (n->op == NUM_LT)
		most = n->a ? n->a - 1 : 0;
	else if (n->op == NUM_IN)
		most = n->b ? n->b - 1 : 0;
	if (least > r->least)
		r->least = (uint32_t) least;
	if (most < r->most)
		r->most = (uint32_t) most;
}

const struct keyword keyword_dsize = {
	.name = "dsize", .help = "size of the packet payload in bytes", .example = "dsize:300<>400",
	.scope = KW_PACKET, .arg = ARG_U16, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .match = match, .payload_sizes = payload_sizes,
};
