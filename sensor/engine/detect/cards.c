/*
 * cards - what alerts need of the rules, copied so that it outlives them. Rules say the same things in many words: each text is
 * kept once.
 */
#include "engine/detect/ruleset.h"
#include "rule/map.h"

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

/* The copy of the text that others have, too; NULL: no memory. */
static const char *
text_of(struct arena *a, struct map *texts, const char *text)
{
	const char *known = map_find(texts, span_str(text));
	char *copy;

	if (known)
		return known;
	copy = arena_strdup(a, text);
	return copy && map_set(texts, span_str(copy), copy) == 0 ? copy : NULL;
}

static int
fill(struct cards *cs, struct map *texts, struct card *k, const struct build_card *c, const struct rule_thresholds *more)
{
	struct arena *a = &cs->arena;
	const struct rule *r = c->rule;
	struct card_meta *meta = arena_alloc(a, (r->n_metadata + 1) * sizeof(*meta));
	const char **refs = arena_alloc(a, (r->n_references + 1) * sizeof(*refs));

	if (!meta || !refs)
		return -1;
	*k = (struct card) { .sid = r->sid, .gid = r->gid, .rev = r->rev, .priority = r->priority, .target = c->target,
		.msg = text_of(a, texts, r->msg ? r->msg : ""), .category = text_of(a, texts, r->category ? r->category : ""),
		.classtype = r->classtype ? text_of(a, texts, r->classtype) : NULL, .metadata = meta, .references = refs,
		.n_metadata = r->n_metadata, .n_references = r->n_references };
	for (uint32_t i = 0; i < r->n_metadata; i++)
		meta[i] = (struct card_meta) { text_of(a, texts, r->metadata[i].key), text_of(a, texts, r->metadata[i].value) };
	for (uint32_t i = 0; i < r->n_references; i++)
		refs[i] = text_of(a, texts, r->references[i]);
	k->action = r->action == RULE_DROP || (r->action >= RULE_REJECT && r->action <= RULE_REJECT_BOTH) ? "blocked" : "allowed";
	return add_thresholds(cs, k, c, more);
}

struct cards *
cards_build(const struct ruleset_in *in, const struct build_card *list, uint32_t n)
{
	struct cards *cs = cards_new();
	struct map texts = { 0 };

	if (!cs)
		return NULL;
	cs->generation = in->generation;
	cs->n = n;
	if (!(cs->card = arena_zalloc(&cs->arena, (n + 1) * sizeof(*cs->card))))
		goto fail;
	for (uint32_t i = 0; i < n; i++)
		if (fill(cs, &texts, &cs->card[i], &list[i], in->thresholds) < 0)
			goto fail;
	map_clear(&texts);
	return cs;
fail:
	map_clear(&texts);
	cards_unref(cs);
	return NULL;
}
