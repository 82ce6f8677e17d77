/*
 * app-layer-protocol - which protocol the flow speaks.
 */
#include "engine/detect/ruleset.h"

enum mode { DIRECTION, FINAL, EITHER, TO_SRV, TO_CLI, ORIGINAL };
static const char *const mode_name[] = { "direction", "final", "either", "to_server", "to_client", "original" };

struct want {
	uint64_t set;
	bool negated, failed, unknown;
	enum mode mode;
};

static int
seen(const struct app *a, int dir)
{
	return a->seen[dir] ? protocol_index(a->seen[dir]) : -1;
}

/* ... that the frame came with: what begins in it is for later ones. */
static int
seen_before(const struct match_ctx *c, const struct app *a, int dir)
{
	const struct protocol *spoke = app_spoke(a, c->p->num);

	return spoke != a->proto && spoke ? protocol_index(spoke) : seen(a, dir);
}

static bool
has(const struct want *w, const struct app *a, int index, bool known)
{
	if (index >= 0)
		return (w->set >> index & 1) != w->negated;
	if (w->failed)
		return (a->status == APP_FAILED) != w->negated;
	if (w->unknown)
		return !known != w->negated;
	return known && w->negated;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct want *w = a->p;
	const struct app *app = c->in->app;

	if (!app)
		return false;
	const struct protocol *spoke = app_spoke(app, c->p->num);
	int now = spoke ? protocol_index(spoke) : -1;
	bool known = app->status != APP_PROBING;
	switch (w->mode) {
	case TO_SRV:
		return has(w, app, seen_before(c, app, TO_SERVER), known);
	case TO_CLI:
		return has(w, app, seen_before(c, app, TO_CLIENT), known);
	case EITHER:
		return has(w, app, seen_before(c, app, TO_SERVER), known) || has(w, app, seen_before(c, app, TO_CLIENT), known);
	case DIRECTION:
		return has(w, app, seen_before(c, app, c->dir) >= 0 ? seen_before(c, app, c->dir) : now, known);
	case ORIGINAL: /* what it spoke before it changed to another: without a change that is unknown */
		return has(w, app, app->before ? protocol_index(app->before) : -1, false);
	default:
		return has(w, app, now, known);
	}
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct want *w = arena_zalloc(build_arena(b), sizeof(*w));
	const char *v[2], *name;
	int n = build_split(b, a->text, v, 2);
	bool known, off;

	if (!w)
		return E_NOMEM;
	if (n < 1)
		return build_error(b, 0, "\"[!]protocol[,mode]\" was expected");
	w->negated = v[0][0] == '!';
	name = v[0] + w->negated;
	w->failed = !strcmp(name, "failed");
	w->unknown = !strcmp(name, "unknown");
	if (!w->failed && !w->unknown && !(w->set = protocols_for(name, b->in->apps, &known, &off)))
		return build_error(b, w->negated, known ? "the protocol \"%s\" is switched off" : "unknown protocol \"%s\"", name);
	w->mode = DIRECTION;
	for (unsigned i = 0; n == 2 && i < sizeof(mode_name) / sizeof(*mode_name); i++)
		if (!strcmp(v[1], mode_name[i]))
			w->mode = (enum mode) i;
	if (n == 2 && strcmp(v[1], mode_name[w->mode]))
		return build_error(b, 0, "\"%s\": direction, final, either, to_server, to_client or original was expected", v[1]);
	if (b->apps && !w->negated && !w->failed)
		return build_error(b, 0, "the rule's header already names a protocol");
	b->pdonly = true;
	return build_match(b, match, &(union kw_arg) { .p = w }, 0);
}

const struct keyword keyword_app_layer_protocol = {
	.name = "app-layer-protocol", .help = "the application protocol of the flow", .example = "app-layer-protocol:!http",
	.scope = KW_FLOW, .arg = ARG_STRING, .flags = KW_NEEDS_FLOW, .setup = setup,
};
