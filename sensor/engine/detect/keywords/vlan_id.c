/*
 * vlan.id - a VLAN identifier of the packet: any, all, or that of one layer. IEEE 802.1Q.
 */
#include "engine/detect/keyword.h"

#define ANY 100
#define ALL 101

struct arg {
	const struct kw_number *number;
	int layer; /* 0 = outermost, -1 = innermost; ANY, ALL */
};

static int
layer_of(const char *text, int *out)
{
	static const struct {
		const char *text;
		int layer;
	} layers[] = { { "any", ANY }, { "all", ALL }, { "0", 0 }, { "1", 1 }, { "2", 2 }, { "-1", -1 }, { "-2", -2 }, { "-3", -3 } };

	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		if (strcmp(text, layers[i].text) == 0) {
			*out = layers[i].layer;
			return 0;
		}
	return -1;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	struct arg *g = arena_zalloc(build_arena(b), sizeof(*g));
	const char *text = build_text(b, value), *part[2];
	int n = text ? build_split(b, text, part, 2) : 0;

	if (!g)
		return E_NOMEM;
	g->layer = ANY;
	if (n < 1 || build_number(b, part[0], 4095, &g->number) < 0)
		return build_error(b, 0, "bad VLAN id, expected 0..4095, perhaps with an operator");
	if (n == 2 && layer_of(part[1], &g->layer) < 0)
		return build_error(b, 0, "bad layer \"%s\", expected any, all or -3..2", part[1]);
	out->p = g;
	return 0;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	const struct arg *g = a->p;
	int n = c->p->vlan_n, hits = 0, layer = g->layer < 0 ? n + g->layer : g->layer;

	if (g->layer < ANY)
		return layer >= 0 && layer < n && kw_number_has(g->number, c->p->vlan[layer]);
	for (int i = 0; i < n; i++)
		hits += kw_number_has(g->number, c->p->vlan[i]);
	return n > 0 && (g->layer == ALL ? hits == n : hits > 0);
}

const struct keyword keyword_vlan_id = {
	.name = "vlan.id", .help = "a VLAN identifier of the packet", .example = "vlan.id:>=200,1",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_NEEDS_PACKET, .parse = parse, .match = match,
};
