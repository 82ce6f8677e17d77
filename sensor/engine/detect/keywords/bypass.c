/*
 * bypass - the rule matched: what follows of the flow is counted, and nobody looks at it.
 */
#include "engine/detect/keyword.h"

static void
act(const struct match_ctx *c, const union kw_arg *a)
{
	if (c->in->marks && !(c->p->flags & PACKET_PSEUDO))
		c->in->marks->flags |= MARKS_BYPASS;
}

const struct keyword keyword_bypass = {
	.name = "bypass", .help = "what follows of a flow that matched is not looked at", .example = "bypass",
	.scope = KW_ACTION, .arg = ARG_NONE, .act = act,
};
