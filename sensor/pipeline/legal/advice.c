#include "pipeline/legal/advice.h"

#include "pipeline/legal/bands.h"
#include "pipeline/legal/pack_private.h"

/* ---- reading ---- */

/* A list of maps under a key of the root, as many entries as it has; NULL and an error when it is none. */
static void *
entries(struct pack_reader *r, const struct yaml *root, const char *key, size_t size, const struct yaml **list)
{
	const char *const keys[] = { "kind", "id", "version", "note", key, NULL };

	yaml_only(root, keys, r->d);
	*list = yaml_get(root, key);
	if (!*list || (*list)->kind != YAML_LIST) {
		yaml_error(*list ? *list : root, r->d, "%s: a list was expected", key);
		*list = NULL;
		return NULL;
	}
	return arena_zalloc(r->arena, (*list)->n * size + 1);
}

static void
read_preconditions(struct pack_reader *r, const struct yaml *list, struct response *x)
{
	static const char *const keys[] = { "id", "say", "told", NULL };

	yaml_each(y, list)
	{
		if (x->n_pre == PRECONDITIONS_MAX) {
			yaml_error(y, r->d, "more than %d preconditions", PRECONDITIONS_MAX);
			return;
		}
		yaml_only(y, keys, r->d);
		x->pre[x->n_pre++] = (struct precondition) { pack_text(r, y, "id", true), pack_text(r, y, "say", true), pack_expr(r, yaml_get(y, "told")) };
		pack_unique(r, y, "precondition", x->pre, x->n_pre, sizeof(x->pre[0]));
	}
}

static void
read_answers(struct pack_reader *r, const struct yaml *map, struct response *x)
{
	if (map && map->kind != YAML_MAP)
		yaml_error(map, r->d, "answers: a map of codes was expected");
	yaml_each(y, map)
	{
		if (!y->key || x->n_answers == ANSWERS_MAX) {
			yaml_error(y, r->d, "answers: at most %d codes were expected", ANSWERS_MAX);
			return;
		}
		const char *t = yaml_text(y, r->d);
		x->answer[x->n_answers++] = (struct answer) { arena_strdup(r->arena, y->key), t ? arena_strdup(r->arena, t) : "" };
	}
}

static void
read_response(struct pack_reader *r, const struct yaml *y, struct response *x)
{
	static const char *const keys[] = { "id", "title", "say", "from", "earlier", "except", "position", "answers", "preconditions", "sources", NULL };
	static const char *const earlier[] = { "position", "code", "from", NULL };
	static const char *const except[] = { "position", "code", NULL };
	const struct yaml *e = yaml_get(y, "earlier"), *x_map = yaml_get(y, "except");

	yaml_only(y, keys, r->d);
	*x = (struct response) { .id = pack_text(r, y, "id", true), .title = pack_text(r, y, "title", true), .say = pack_text(r, y, "say", false),
		.position = pack_text(r, y, "position", false) };
	x->from = (uint8_t) pack_band(r, y, "from", true, 0);
	x->earlier = x->from;
	if (e) {
		yaml_only(e, earlier, r->d);
		x->earlier_key = pack_text(r, e, "position", true);
		x->earlier_code = pack_text(r, e, "code", true);
		x->earlier = (uint8_t) pack_band(r, e, "from", true, 0);
	}
	if (x_map) {
		yaml_only(x_map, except, r->d);
		x->except_key = pack_text(r, x_map, "position", true);
		x->except_code = pack_text(r, x_map, "code", true);
	}
	read_answers(r, yaml_get(y, "answers"), x);
	read_preconditions(r, pack_list(r, y, "preconditions"), x);
	pack_cites(r, y, x->cite, &x->n_cite);
}

void
advice_read_responses(struct pack_reader *r, const struct yaml *root)
{
	const struct yaml *list;

	r->p->response = entries(r, root, "responses", sizeof(*r->p->response), &list);
	yaml_each(y, list)
	{
		if (!r->p->response)
			return;
		read_response(r, y, &r->p->response[r->p->n_responses++]);
		pack_unique(r, y, "response", r->p->response, r->p->n_responses, sizeof(*r->p->response));
	}
}

/* Parties and instruments are read before. */
static void
check_support(struct pack_reader *r, const struct yaml *y, const struct support *s)
{
	bool found = !s->instrument;

	if (s->of && !packs_party(r->p, s->of))
		yaml_error(yaml_get(y, "of"), r->d, "of: \"%s\" has no pack: the id of a party was expected", s->of);
	for (uint32_t i = 0; i < r->p->n_instruments && !found; i++)
		found = r->p->instrument[i].id && strcmp(r->p->instrument[i].id, s->instrument) == 0;
	if (!found)
		yaml_error(yaml_get(y, "instrument"), r->d, "instrument: there is no \"%s\": the id of an instrument was expected", s->instrument);
}

void
advice_read_support(struct pack_reader *r, const struct yaml *root)
{
	static const char *const keys[] = { "of", "to", "from", "kind", "said", "instrument", "verified", "sources", NULL };
	const struct yaml *list;
	struct support *s = r->p->support = entries(r, root, "support", sizeof(*r->p->support), &list);

	yaml_each(y, list)
	{
		if (!s)
			return;
		yaml_only(y, keys, r->d);
		*s = (struct support) { .of = pack_text(r, y, "of", true), .to = pack_text(r, y, "to", true), .said = pack_text(r, y, "said", true),
			.kind = pack_text(r, y, "kind", true), .instrument = pack_text(r, y, "instrument", false) };
		s->from = (uint8_t) pack_band(r, y, "from", true, 0);
		pack_cites(r, y, s->cite, &s->n_cite);
		pack_verified(r, y, s->cite, s->n_cite, &s->verified);
		check_support(r, y, s);
		r->p->n_support++;
		s++;
	}
}

static void
read_clock(struct pack_reader *r, const struct yaml *y, struct report_clock *c)
{
	static const char *const keys[] = { "id", "title", "in_force", "territories", "when", "steps", "verified", "sources", NULL };
	static const char *const steps[] = { "what", "within", NULL };
	const struct yaml *list = yaml_get(y, "steps");

	yaml_only(y, keys, r->d);
	*c = (struct report_clock) { .id = pack_text(r, y, "id", true), .title = pack_text(r, y, "title", true), .in_force = pack_text(r, y, "in_force", true) };
	pack_words(r, yaml_get(y, "territories"), &c->territories, &c->n_territories);
	if (!c->n_territories)
		yaml_error(y, r->d, "territories: at least one was expected");
	c->when = pack_expr(r, yaml_get(y, "when"));
	if (!list || list->kind != YAML_LIST || !list->n || list->n > 4)
		yaml_error(list ? list : y, r->d, "steps: 1 to 4 steps such as { what: notification, within: \"72 h\" } were expected");
	yaml_each(s, list)
	{
		if (c->n_steps == 4)
			break;
		yaml_only(s, steps, r->d);
		c->step[c->n_steps++] = (struct clock_step) { pack_text(r, s, "what", true), pack_text(r, s, "within", true) };
	}
	pack_cites(r, y, c->cite, &c->n_cite);
	pack_verified(r, y, c->cite, c->n_cite, &c->verified);
}

void
advice_read_clocks(struct pack_reader *r, const struct yaml *root)
{
	const struct yaml *list;

	r->p->clock = entries(r, root, "clocks", sizeof(*r->p->clock), &list);
	yaml_each(y, list)
	{
		if (!r->p->clock)
			return;
		read_clock(r, y, &r->p->clock[r->p->n_clocks++]);
		pack_unique(r, y, "clock", r->p->clock, r->p->n_clocks, sizeof(*r->p->clock));
	}
}

/* ---- asking ---- */

const char *
position_code(const struct party *p, const char *key)
{
	for (uint32_t i = 0; i < p->n_pos; i++)
		if (strcmp(p->pos[i].key, key) == 0)
			return p->pos[i].code;
	return "";
}

uint8_t
response_from(const struct response *r, const struct party *p)
{
	return r->earlier_key && strcmp(position_code(p, r->earlier_key), r->earlier_code) == 0 ? r->earlier : r->from;
}

const char *
response_answer(const struct response *r, const struct party *p, const char **code)
{
	if (!r->position)
		return NULL;
	*code = position_code(p, r->position);
	for (uint32_t i = 0; i < r->n_answers; i++)
		if (strcmp(r->answer[i].code, *code) == 0)
			return r->answer[i].say;
	return "not known";
}

const char *
response_reach(const struct response *r, const struct party_band *b)
{
	uint8_t from = response_from(r, b->party);

	if (r->except_key && strcmp(position_code(b->party, r->except_key), r->except_code) == 0)
		return NULL;
	return b->lo >= from ? "reached" : b->hi >= from ? "within" : NULL;
}

bool
clock_fits(const struct report_clock *c, const struct facts *f)
{
	bool where = f->incident->unlisted;

	for (uint32_t k = 0; k < f->incident->n_assets && !where; k++)
		where = territory_among(c->territories, c->n_territories, f->incident->assets[k]->territory);
	return where && (!c->when || expr_eval(c->when, f) != NO);
}
