/*
 * flow - the state and direction of the flow.
 */
#include <strings.h>

#include "engine/detect/build.h"

static bool
not_established(const struct match_ctx *c, const union kw_arg *a)
{
	return !c->in->established;
}

static bool
fragment(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->source == PKT_SRC_DEFRAG;
}

static bool
no_fragment(const struct match_ctx *c, const union kw_arg *a)
{
	return c->p->source != PKT_SRC_DEFRAG;
}

static int
word(struct build *b, const char *w)
{
	if (!strcasecmp(w, "to_server") || !strcasecmp(w, "from_client"))
		return build_direction(b, TO_SERVER);
	if (!strcasecmp(w, "to_client") || !strcasecmp(w, "from_server"))
		return build_direction(b, TO_CLIENT);
	if (!strcasecmp(w, "established")) {
		b->established = true;
		b->established_opt = build_option(b);
		return 0;
	}
	if (!strcasecmp(w, "not_established"))
		return build_match(b, not_established, NULL, 0);
	if (!strcasecmp(w, "stateless"))
		return 0;
	if (!strcasecmp(w, "only_stream"))
		b->tcp_stream = true;
	else if (!strcasecmp(w, "no_stream"))
		b->tcp_pkt = true;
	else if (!strcasecmp(w, "only_frag"))
		return build_match(b, fragment, NULL, 0);
	else if (!strcasecmp(w, "no_frag"))
		return build_match(b, no_fragment, NULL, 0);
	else
		return build_error(b, 0, "\"%s\": established, not_established, stateless, to_server, to_client, from_server, from_client, "
		    "only_stream, no_stream, only_frag or no_frag was expected", w);
	return 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	const char *v[8];
	int n = build_split_brief(b, a->text, v, 8);

	if (n < 1)
		return build_error(b, 0, "up to 8 words were expected");
	for (int i = 0; i < n; i++)
		if (word(b, v[i]) < 0)
			return E_BAD;
	return 0;
}

const struct keyword keyword_flow = {
	.name = "flow", .help = "direction and state of the flow", .example = "flow:established,to_server",
	.scope = KW_FLOW, .arg = ARG_BRIEF, .flags = KW_NEEDS_FLOW, .setup = setup,
};
