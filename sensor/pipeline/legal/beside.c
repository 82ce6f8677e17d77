#include "pipeline/legal/beside.h"

#include "base/buf.h"
#include "base/clock.h"

void
beside_cites(struct json *j, const struct cite *c, uint32_t n)
{
	json_array(j, "sources");
	for (uint32_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_str(j, "text", c[i].text);
		json_bool(j, "verified", c[i].verified);
		if (c[i].note)
			json_str(j, "note", c[i].note);
		json_end(j);
	}
	json_end(j);
}

/* Names of facts that gauges look at and nobody measured or told. */
static void
write_unknown_inputs(const struct document_in *in, const struct assessment *a, const struct gauge *g, uint32_t n, struct json *j)
{
	uint64_t features = 0;
	uint32_t human = 0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < g[i].n_steps; k++)
			if (g[i].step[k].when)
				expr_uses(g[i].step[k].when, &features, &human);
	json_array(j, "unknown_inputs");
	for (uint32_t i = 0; i < in->packs->n_human; i++)
		if ((human >> i & 1) && !a->facts.human[i].known)
			json_str(j, NULL, in->packs->human[i].name);
	for (unsigned i = 0; i < feature_table_n && i < FEATURES_MAX; i++)
		if ((features >> i & 1) && !a->facts.scale.fact[i].known)
			json_str(j, NULL, feature_table[i]->name);
	json_end(j);
}

static void
write_parts(const struct severity_scale *s, const struct assessment *a, struct json *j)
{
	json_object(j, "parts");
	for (uint32_t i = 0; i < s->n_parts; i++) {
		struct gauge_value v = gauge_eval(&s->part[i], &a->facts, a->bands.effects_hi);
		json_object(j, s->part[i].id);
		json_f64(j, "weight", s->part[i].weight);
		json_f64(j, "lo", v.lo);
		json_f64(j, "hi", v.hi);
		if (v.met && v.met->say)
			json_str(j, "say", v.met->say);
		if (!v.known)
			json_str(j, "not_told", s->part[i].needs);
		json_end(j);
	}
	json_end(j);
}

void
beside_severity(const struct document_in *in, const struct assessment *a, struct json *j)
{
	json_array(j, "severity");
	for (uint32_t i = 0; i < in->packs->n_severity; i++) {
		const struct severity_scale *s = &in->packs->severity[i];
		struct severity_value v = severity_eval(s, &a->facts, &a->bands);
		json_object(j, NULL);
		json_str(j, "scale", s->id);
		json_str(j, "title", s->title);
		json_str(j, "by", s->by);
		json_str(j, "lo", s->level[v.lo].name);
		json_str(j, "hi", s->level[v.hi].name);
		if (s->n_parts) {
			json_f64(j, "score_lo", v.score_lo);
			json_f64(j, "score_hi", v.score_hi);
			write_parts(s, a, j);
		}
		if (s->by_band)
			json_str(j, "input", "effects_band");
		write_unknown_inputs(in, a, s->n_parts ? s->part : &s->steps, s->n_parts ? s->n_parts : 1, j);
		json_bool(j, "verified", s->verified);
		json_str(j, "status", "indicative");
		json_end(j);
	}
	json_end(j);
}

void
beside_factors(const struct document_in *in, const struct assessment *a, struct json *j)
{
	struct buf words;

	buf_init(&words, 4096);
	json_object(j, "factors");
	for (uint32_t i = 0; i < in->packs->n_factors; i++) {
		const struct gauge *g = &in->packs->factor[i];
		struct gauge_value v = gauge_eval(g, &a->facts, a->bands.effects_hi);
		json_object(j, g->id);
		json_str(j, "title", g->title);
		json_f64(j, "lo", v.lo);
		json_f64(j, "hi", v.hi);
		json_bool(j, "known", v.known);
		if (v.met) {
			buf_reset(&words);
			expr_describe(v.met->when, &a->facts, &in->packs->words, &words);
			json_str(j, "evidence", words.p ? words.p : "");
			if (v.met->say)
				json_str(j, "say", v.met->say);
		}
		if (g->person)
			json_str(j, "person", g->person);
		write_unknown_inputs(in, a, g, 1, j);
		json_end(j);
	}
	json_end(j);
	buf_clear(&words);
}

void
beside_clocks(const struct document_in *in, const struct assessment *a, struct json *j)
{
	char t[CLOCK_EVE_LEN];

	json_object(j, "clocks");
	clock_print_eve(a->i->first, t);
	json_str(j, "earliest_awareness", t);
	json_array(j, "candidates");
	for (uint32_t i = 0; i < in->packs->n_clocks; i++) {
		const struct report_clock *c = &in->packs->clock[i];
		if (!clock_fits(c, &a->facts))
			continue;
		json_object(j, NULL);
		json_str(j, "id", c->id);
		json_str(j, "title", c->title);
		json_str(j, "in_force", c->in_force);
		json_array(j, "steps");
		for (uint32_t k = 0; k < c->n_steps; k++) {
			json_object(j, NULL);
			json_str(j, "what", c->step[k].what);
			json_str(j, "within", c->step[k].within);
			json_end(j);
		}
		json_end(j);
		json_bool(j, "verified", c->verified);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void
write_option(const struct assessment *a, const struct response *r, const struct party_band *b, const char *reach, const struct packs *p, struct json *j)
{
	const char *code = NULL, *answer = response_answer(r, b->party, &code);

	json_object(j, NULL);
	json_str(j, "id", r->id);
	json_str(j, "title", r->title);
	if (r->say)
		json_str(j, "say", r->say);
	json_str(j, "from", p->band[response_from(r, b->party)].id);
	json_str(j, "reach", reach);
	if (answer) {
		json_str(j, "position", r->position);
		json_str(j, "code", code[0] ? code : "unknown");
		json_str(j, "answer", answer);
	}
	json_array(j, "preconditions");
	for (uint32_t k = 0; k < r->n_pre; k++) {
		bool told = r->pre[k].told && expr_eval(r->pre[k].told, &a->facts) == YES;
		json_object(j, NULL);
		json_str(j, "id", r->pre[k].id);
		json_str(j, "say", r->pre[k].say);
		json_str(j, "status", told ? "told by a person" : "to be shown");
		json_end(j);
	}
	json_end(j);
	beside_cites(j, r->cite, r->n_cite);
	json_end(j);
}

void
beside_options(const struct document_in *in, const struct assessment *a, const struct party_band *b, bool whole, struct json *j)
{
	json_array(j, "options");
	for (uint32_t i = 0; i < in->packs->n_responses; i++) {
		const struct response *r = &in->packs->response[i];
		const char *reach = response_reach(r, b);
		if (!reach)
			continue;
		if (whole)
			write_option(a, r, b, reach, in->packs, j);
		else
			json_str(j, NULL, r->id);
	}
	json_end(j);
}

/* ---- support ---- */

static bool
is_touched(const struct assessment *a, const char *party)
{
	for (uint32_t k = 0; k < a->i->n_assets; k++)
		if (strcmp(a->i->assets[k]->owner, party) == 0 || territory_among(&party, 1, a->i->assets[k]->territory))
			return true;
	return false;
}

/* The instrument behind the word tells whom "any" of its members means. */
static bool
is_meant(const struct packs *p, const struct support *s, const struct assessment *a)
{
	if (is_touched(a, s->to))
		return true;
	for (uint32_t i = 0; s->instrument && i < p->n_instruments; i++) {
		const struct instrument *n = &p->instrument[i];
		if (strcmp(n->id, s->instrument) != 0 || packs_party(p, s->to))
			continue;
		for (uint32_t k = 0; k < a->i->n_assets; k++)
			if (territory_among(n->territories, n->n_territories, a->i->assets[k]->territory)
			    && !territory_among(n->except, n->n_except, a->i->assets[k]->territory) && strcmp(a->i->assets[k]->territory, s->of) != 0)
				return true;
	}
	return !s->instrument && !packs_party(p, s->to);
}

bool
support_fits(const struct packs *p, const struct support *s, const struct assessment *a)
{
	uint8_t hi = 0;

	if (!is_meant(p, s, a))
		return false;
	for (uint32_t k = 0; k < a->bands.n; k++)
		if ((is_touched(a, a->bands.party[k].party->id) || strcmp(a->bands.party[k].party->id, s->of) == 0) && a->bands.party[k].hi > hi)
			hi = a->bands.party[k].hi;
	return hi >= s->from;
}

void
beside_support(const struct document_in *in, const struct assessment *a, struct json *j)
{
	const struct packs *p = in->packs;
	bool spoke[PARTIES_MAX] = { false };

	json_object(j, "support");
	json_array(j, "said");
	for (uint32_t i = 0; i < p->n_support; i++) {
		const struct support *s = &p->support[i];
		if (!support_fits(p, s, a))
			continue;
		for (uint32_t k = 0; k < a->bands.n; k++)
			spoke[k] |= strcmp(a->bands.party[k].party->id, s->of) == 0;
		json_object(j, NULL);
		json_str(j, "of", s->of);
		json_str(j, "to", s->to);
		json_str(j, "from", p->band[s->from].id);
		json_str(j, "kind", s->kind);
		json_str(j, "said", s->said);
		if (s->instrument)
			json_str(j, "instrument", s->instrument);
		json_bool(j, "verified", s->verified);
		beside_cites(j, s->cite, s->n_cite);
		json_end(j);
	}
	json_end(j);
	json_array(j, "unknown");
	for (uint32_t k = 0; k < a->bands.n; k++)
		if (!spoke[k] && !is_touched(a, a->bands.party[k].party->id))
			json_str(j, NULL, a->bands.party[k].party->id);
	json_end(j);
	json_end(j);
}
