/*
 * cards - what alerts need of the rules, so that it outlives them.
 */
#include "engine/detect/ruleset.h"

static const struct addr_set *
copy_addr_set(struct arena *a, const struct addr_set *s)
{
	struct addr_set *c = s ? arena_zalloc(a, sizeof(*c)) : NULL;

	if (!c || !(c->r = arena_alloc(a, (s->n + 1) * sizeof(*c->r))))
		return NULL;
	memcpy(c->r, s->r, s->n * sizeof(*c->r));
	c->n = c->cap = s->n;
	return c;
}

static bool
is_filter(unsigned type)
{
	return type == THRESHOLD_LIMIT || type == THRESHOLD_THRESHOLD || type == THRESHOLD_BOTH;
}

/* Does a line of threshold.config speak of the rule, and does the rule's own threshold leave it in force? */
static bool
applies(const struct rule_threshold *t, const struct build_card *c)
{
	if ((t->gid && t->gid != c->rule->gid) || (t->sid && t->sid != c->rule->sid))
		return false;
	return t->sid || t->type == THRESHOLD_SUPPRESS || c->n_thresholds == 0;
}

static int
add_thresholds(struct cards *cs, struct card *k, const struct build_card *c, const struct rule_thresholds *more)
{
	uint32_t n = c->n_thresholds, own = c->n_thresholds;
	bool replaced = false;

	for (uint32_t i = 0; more && i < more->n; i++)
		if (applies(&more->t[i], c)) {
			n++;
			replaced = replaced || (more->t[i].sid && is_filter(more->t[i].type));
		}
	if (n == 0)
		return 0;
	struct card_threshold *t = arena_zalloc(&cs->arena, n * sizeof(*t));
	if (!t)
		return -1;
	n = 0;
	for (uint32_t i = 0; i < own; i++)
		if (!replaced || !is_filter(c->thresholds[i].type))
			t[n++] = c->thresholds[i];
	for (uint32_t i = 0; more && i < more->n; i++) {
		const struct rule_threshold *m = &more->t[i];
		if (applies(m, c))
			t[n++] = (struct card_threshold) { .type = (uint8_t) m->type, .track = (uint8_t) m->track, .distinct = m->distinct,
				.new_action = (uint8_t) m->new_action, .count = m->count, .seconds = m->seconds, .timeout = m->timeout,
				.multiplier = m->multiplier, .ip = m->ip ? copy_addr_set(&cs->arena, m->ip) : NULL };
	}
	k->thresholds = t;
	k->n_thresholds = n;
	return 0;
}

static int
fill(struct cards *cs, struct card *k, const struct build_card *c, const struct rule_thresholds *more)
{
	const struct rule *r = c->rule;

	*k = (struct card) { .sid = r->sid, .gid = r->gid, .rev = r->rev, .priority = r->priority, .target = c->target,
		.msg = r->msg, .category = r->category, .classtype = r->classtype, .metadata = r->metadata, .references = r->references,
		.n_metadata = r->n_metadata, .n_references = r->n_references };
	k->action = r->action == RULE_DROP || (r->action >= RULE_REJECT && r->action <= RULE_REJECT_BOTH) ? "blocked" : "allowed";
	return add_thresholds(cs, k, c, more);
}

struct cards *
cards_build(const struct ruleset_in *in, const struct build_card *list, uint32_t n)
{
	struct cards *cs = cards_new();

	if (!cs)
		return NULL;
	cs->texts = card_texts_ref(in->rules->texts);
	cs->generation = in->generation;
	cs->n = n;
	if (!(cs->card = arena_zalloc(&cs->arena, (n + 1) * sizeof(*cs->card))))
		goto fail;
	for (uint32_t i = 0; i < n; i++)
		if (fill(cs, &cs->card[i], &list[i], in->thresholds) < 0)
			goto fail;
	return cs;
fail:
	cards_unref(cs);
	return NULL;
}
