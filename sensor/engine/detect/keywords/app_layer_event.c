/*
 * app-layer-event - what a protocol's parser, or protocol detection, found odd.
 */
#include "engine/detect/build.h"

static bool
of_tx(const struct match_ctx *c, const union kw_arg *a)
{
	const struct build_event *e = a->p;
	int i = protocol_index(c->tx->proto ? c->tx->proto : c->in->app->proto);

	return i >= 0 && e->bit[i] && c->tx->events & e->bit[i];
}

static bool
of_flow(const struct match_ctx *c, const union kw_arg *a)
{
	const struct build_event *e = a->p;

	return c->in->app && c->in->marks && c->in->app->events & ~c->in->marks->app_events & e->bit[0];
}

static const struct keyword tx_event = { .name = "app-layer-event", .match = of_tx };

static int
flow_event(struct build *b, const char *name)
{
	struct build_event *e = arena_zalloc(build_arena(b), sizeof(*e));

	if (!e)
		return E_NOMEM;
	for (unsigned i = 0; i < APP_EV_N; i++)
		if (!strcmp(app_flow_event_name[i], name)) {
			e->bit[0] = UINT64_C(1) << i;
			build_require(b, KW_NEEDS_FLOW);
			b->not_iponly = true;
			return build_match(b, of_flow, &(union kw_arg) { .p = e }, 0);
		}
	return build_error(b, 0, "unknown event \"%s\"", name);
}

static bool
is_named(const struct app_event *e, const char *name)
{
	return !strcmp(e->name, name) || (e->alias && !strcmp(e->alias, name));
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct build_event *e = arena_zalloc(build_arena(b), sizeof(*e));
	union kw_arg *arg = arena_zalloc(build_arena(b), sizeof(*arg));
	char proto[64];
	const char *dot = strchr(a->text, '.');

	if (!e || !arg)
		return E_NOMEM;
	if (!dot)
		return flow_event(b, a->text);
	snprintf(proto, sizeof(proto), "%.*s", (int) (dot - a->text), a->text);
	if (build_app(b, proto) < 0)
		return E_BAD;
	uint64_t have = 0;
	for (unsigned i = 0; i < protocol_table_n; i++)
		for (unsigned k = 0; protocol_table[i]->events && protocol_table[i]->events[k].name; k++)
			if (b->apps >> i & 1 && is_named(&protocol_table[i]->events[k], dot + 1)) {
				e->bit[i] |= UINT64_C(1) << k;
				b->rs->whole_bodies |= protocol_table[i]->events[k].of_bodies;
				have |= UINT64_C(1) << i;
			}
	if (!have)
		return build_error(b, (uint32_t) (dot + 1 - a->text), "%s has no event \"%s\"", proto, dot + 1);
	b->apps &= have;
	arg->p = e;
	struct part p = { .kind = PART_TX, .dirs = 3 };
	p.tx.kw = &tx_event;
	p.tx.arg = arg;
	return build_part(b, &p);
}

const struct keyword keyword_app_layer_event = {
	.name = "app-layer-event", .help = "an event of a protocol's parser", .example = "app-layer-event:http.invalid_request_line",
	.scope = KW_TX, .arg = ARG_STRING, .setup = setup,
};
