/*
 * app-layer-state - how far a direction of a transaction has come, by the names that hooks have: "request_headers" (it has come
 * there), ">request_line" (beyond), "<request_body" (not yet there).
 *
 * In the reference the first form is told again while the transaction stays there; here once a transaction, as everything.
 */
#include "engine/detect/build.h"

struct state {
	enum { REACHED, BEYOND, BEFORE } op;
	int dir;
	uint8_t progress; /* BUILD_COMPLETE: the protocol's own number */
};

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct state *s = a->p;
	const struct protocol *p = c->tx->proto ? c->tx->proto : c->in->app->proto;
	uint8_t at = c->tx->progress[s->dir], want = s->progress == BUILD_COMPLETE ? p->done[s->dir] : s->progress;

	return s->op == BEYOND ? at > want : s->op == BEFORE ? at < want : at >= want;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const struct keyword asks = { .name = "app-layer-state", .match = match };
	struct state *s = arena_zalloc(build_arena(b), sizeof(*s));
	union kw_arg *arg = arena_zalloc(build_arena(b), sizeof(*arg));
	const char *name = a->text;

	if (!s || !arg)
		return E_NOMEM;
	if (*name == '<' || *name == '>')
		s->op = *name++ == '<' ? BEFORE : BEYOND;
	if (!build_progress(b, name, &s->dir, &s->progress))
		return build_error(b, 0, "\"%s\" is no state of %s that has a name", name, build_rule(b)->proto);
	if (build_direction(b, s->dir) < 0)
		return E_BAD;
	arg->p = s;
	return build_part(b, &(struct part) { .kind = PART_TX, .dirs = (uint8_t) (1 << s->dir), .tx = { &asks, arg } });
}

const struct keyword keyword_app_layer_state = {
	.name = "app-layer-state", .help = "how far a transaction has come, by the names of hooks; < not yet there, > beyond",
	.example = "app-layer-state:>request_line", .scope = KW_TX, .arg = ARG_STRING, .setup = setup,
};
