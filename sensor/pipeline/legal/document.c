#include "pipeline/legal/beside.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"

static void
write_interval(struct json *j, const struct packs *p, const struct party_band *b)
{
	json_str(j, "lo", p->band[b->lo].id);
	json_str(j, "likely", p->band[b->likely].id);
	json_str(j, "hi", p->band[b->hi].id);
}

static void
write_effects(const struct document_in *in, const struct incident *i, struct json *j)
{
	json_object(j, "effects");
	for (uint8_t k = 0; k < in->effects->n; k++) {
		if (!(i->effects >> k & 1))
			continue;
		json_object(j, in->effects->effect[k].name);
		json_u64(j, "alerts", i->by_effect[k]);
		scale_write_time(j, "first", i->effect_first[k]);
		scale_write_time(j, "last", i->effect_last[k]);
		json_end(j);
	}
	json_end(j);
}

static void
write_hosts(const struct document_in *in, const char *key, const struct incident_host *h, uint32_t n, struct json *j)
{
	char a[ADDR_STRLEN];

	json_array(j, key);
	for (uint32_t k = 0; k < n; k++) {
		json_object(j, NULL);
		addr_print(&h[k].a, a);
		json_str(j, "ip", a);
		if (h[k].asset)
			json_str(j, "asset", h[k].asset->name);
		json_u64(j, "alerts", h[k].alerts);
		json_array(j, "effects");
		for (uint8_t e = 0; e < in->effects->n; e++)
			if (h[k].effects >> e & 1)
				json_str(j, NULL, in->effects->effect[e].name);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void
write_assets(const struct incident *i, struct json *j)
{
	json_array(j, "assets");
	for (uint32_t k = 0; k < i->n_assets; k++) {
		const struct asset *a = i->assets[k];
		json_object(j, NULL);
		json_str(j, "name", a->name);
		json_str(j, "owner", a->owner);
		json_str(j, "territory", a->territory);
		json_str(j, "sector", a->sector);
		json_str(j, "class", a->class);
		json_str(j, "criticality", criticality_name[a->criticality]);
		json_str(j, "zone", zone_name[a->zone]);
		json_end(j);
	}
	json_end(j);
}

static void
write_signatures(const struct document_in *in, const struct incident *i, struct json *j)
{
	json_array(j, "signatures");
	for (uint32_t k = 0; k < i->n_sids; k++) {
		json_object(j, NULL);
		json_u64(j, "gid", i->sids[k].gid);
		json_u64(j, "signature_id", i->sids[k].sid);
		json_str(j, "signature", i->sids[k].msg);
		json_str(j, "effect", in->effects->effect[i->sids[k].effect].name);
		json_u64(j, "alerts", i->sids[k].count);
		json_u64(j, "suppressed", i->sids[k].suppressed);
		json_end(j);
	}
	json_end(j);
	json_u64(j, "folded_alerts", i->folded_sids);
}

static void
write_facts(const struct document_in *in, const struct assessment *a, const struct condition *c, struct json *j)
{
	struct buf words;

	buf_init(&words, 4096);
	expr_describe(c->when, &a->facts, &in->packs->words, &words);
	json_str(j, "facts", words.p ? words.p : "");
	buf_clear(&words);
}

/* `whole`: with facts and sources; else only what the party's own position adds to the ladder's condition. */
static void
write_condition(const struct document_in *in, const struct assessment *a, const struct condition *c, bool whole, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "condition", c->id);
	json_str(j, "band", in->packs->band[c->band].id);
	if (c->upto != c->band)
		json_str(j, "upto", in->packs->band[c->upto].id);
	if (c->because)
		json_str(j, "position", c->because);
	if (whole || c->because)
		json_str(j, "say", c->say);
	if (whole)
		write_facts(in, a, c, j);
	if (whole || c->because)
		beside_cites(j, c->cite, c->n_cite);
	json_end(j);
}

static void
write_reasons(const struct document_in *in, const struct assessment *a, const struct party_band *b, bool whole, struct json *j)
{
	struct condition room[CONDITIONS_MAX];
	const struct actor_limit *l;
	const struct condition *c = bands_conditions(in->packs, b->party, &a->facts, room, &l);

	for (int open = 0; open < 2; open++) {
		json_array(j, open ? "not_excluded" : "reasons");
		for (uint32_t i = 0; i < b->party->n_cond; i++)
			if ((open ? b->unknown : b->yes) >> i & 1)
				write_condition(in, a, &c[i], whole, j);
		json_end(j);
	}
}

/* The conditions that parties' reasons name, once: their facts and sources in the ladder. */
static void
write_ladder(const struct document_in *in, const struct assessment *a, struct json *j)
{
	json_array(j, "conditions");
	for (uint32_t i = 0; i < in->packs->n_common; i++) {
		const struct condition *c = &in->packs->common[i];
		enum truth t = expr_eval(c->when, &a->facts);
		if (t == NO)
			continue;
		json_object(j, NULL);
		json_str(j, "condition", c->id);
		json_str(j, "status", t == YES ? "met" : "not-excluded");
		json_str(j, "say", c->say);
		write_facts(in, a, c, j);
		beside_cites(j, c->cite, c->n_cite);
		json_end(j);
	}
	json_end(j);
}

static void
write_positions(const struct party *p, struct json *j)
{
	json_object(j, "positions");
	for (uint32_t i = 0; i < p->n_pos; i++) {
		const struct position *x = &p->pos[i];
		json_object(j, x->key);
		json_str(j, "code", x->code);
		if (x->say)
			json_str(j, "say", x->say);
		json_bool(j, "verified", x->verified);
		beside_cites(j, x->cite, x->n_cite);
		json_end(j);
	}
	json_end(j);
}

void
change_describe(const struct packs *p, const struct change *c, struct buf *out)
{
	for (uint8_t k = 0; k < c->n; k++) {
		bool feature = c->fact[k] & CHANGE_FEATURE;
		const char *name = feature ? feature_table[c->fact[k] & ~CHANGE_FEATURE]->name : p->human[c->fact[k]].name;
		buf_str(out, k ? " and " : "");
		buf_str(out, name);
		buf_str(out, feature ? (c->present[k] ? " at its upper bound" : " at its lower bound") : (c->present[k] ? " reported" : " ruled out"));
	}
	buf_str(out, ": ");
	buf_str(out, p->band[c->lo].id);
	buf_str(out, " to ");
	buf_str(out, p->band[c->hi].id);
}

static void
write_party(const struct document_in *in, const struct assessment *a, const struct party_band *b, bool whole, struct json *j)
{
	const struct party *p = b->party;
	struct buf words;

	json_object(j, p->id);
	json_str(j, "name", p->name);
	write_interval(j, in->packs, b);
	json_bool(j, "indicative", true);
	json_bool(j, "if_attributed", !a->facts.attribution || strcmp(a->facts.attribution, in->packs->attributions[in->packs->n_attributions - 1]) != 0);
	json_bool(j, "needs_human_confirmation", b->capped || (b->hi > in->packs->confirm_above && !a->confirmed));
	if (b->widened)
		json_str(j, "widened", p->unread ? p->unread : a->facts.scale.coverage_why);
	if (b->limited)
		json_str(j, "limited", a->facts.actor);
	if (b->raised)
		json_bool(j, "accumulation", true);
	json_str(j, "pack_date", p->date);
	json_u64(j, "pack_version", p->version);
	write_reasons(in, a, b, whole, j);
	json_array(j, "would_change");
	buf_init(&words, 1024);
	for (uint8_t k = 0; k < b->n_changes; k++) {
		buf_reset(&words);
		change_describe(in->packs, &b->change[k], &words);
		json_str(j, NULL, words.p);
	}
	buf_clear(&words);
	json_end(j);
	beside_options(in, a, b, whole, j);
	if (whole)
		write_positions(p, j);
	json_end(j);
}

static void
write_unknowns(const struct document_in *in, const struct assessment *a, struct json *j)
{
	json_array(j, "unknowns");
	if (!a->facts.circumstance)
		json_str(j, NULL, "circumstance");
	if (!a->facts.attribution)
		json_str(j, NULL, "attribution");
	for (uint32_t i = 0; i < in->packs->n_human; i++)
		if (!a->facts.human[i].known)
			json_str(j, NULL, in->packs->human[i].name);
	for (unsigned i = 0; i < feature_table_n && i < FEATURES_MAX; i++)
		if (!a->facts.scale.fact[i].known)
			json_str(j, NULL, feature_table[i]->name);
	if (a->i->unlisted)
		json_str(j, NULL, "asset");
	json_end(j);
}

bool
instrument_raised_by(const struct instrument *n, const struct party_band *b)
{
	return n->of & b->party->bit && b->hi >= n->from;
}

bool
instrument_fits(const struct packs *p, const struct instrument *n, const struct assessment *a)
{
	bool where = a->i->unlisted || (!n->n_territories && !n->n_except);

	for (uint32_t k = 0; k < a->i->n_assets && !where; k++)
		where = (!n->n_territories || territory_among(n->territories, n->n_territories, a->i->assets[k]->territory))
		    && !territory_among(n->except, n->n_except, a->i->assets[k]->territory);
	if (!where)
		return false;
	for (uint32_t k = 0; k < a->bands.n; k++)
		if (instrument_raised_by(n, &a->bands.party[k]))
			return true;
	return false;
}

static void
write_instruments(const struct document_in *in, const struct assessment *a, struct json *j)
{
	json_array(j, "consult_candidates");
	for (uint32_t i = 0; i < in->packs->n_instruments; i++) {
		const struct instrument *n = &in->packs->instrument[i];
		if (!instrument_fits(in->packs, n, a))
			continue;
		json_object(j, NULL);
		json_str(j, "id", n->id);
		json_str(j, "layer", n->layer);
		json_str(j, "title", n->title);
		json_str(j, "date", n->date);
		json_str(j, "trigger", n->trigger);
		if (n->gloss_of)
			json_str(j, "gloss_of", n->gloss_of);
		json_str(j, "obliges", n->obliges);
		json_array(j, "raise_for_consideration_by");
		for (uint32_t k = 0; k < n->n_decides; k++)
			json_str(j, NULL, n->decides[k]);
		json_end(j);
		json_str(j, "say", n->say);
		json_bool(j, "verified", n->verified);
		beside_cites(j, n->cite, n->n_cite);
		json_end(j);
	}
	json_end(j);
}

static void
write_divergence(const struct document_in *in, const struct assessment *a, struct json *j)
{
	struct divergence d[PARTIES_MAX * (PARTIES_MAX - 1) / 2]; /* every pair */
	uint32_t n = bands_divergence(in->packs, &a->bands, d, sizeof(d) / sizeof(d[0]));

	json_array(j, "divergence");
	for (uint32_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_array(j, "parties");
		json_str(j, NULL, d[i].a->party->id);
		json_str(j, NULL, d[i].b->party->id);
		json_end(j);
		json_i64(j, "lo", d[i].lo);
		json_i64(j, "hi", d[i].hi);
		if (d[i].condition) {
			json_str(j, "condition", d[i].condition->id);
			if (d[i].condition->because)
				json_str(j, "position", d[i].condition->because);
			json_str(j, "of", d[i].reader->id);
		}
		json_end(j);
	}
	json_end(j);
}

/* What the author told, so that any assessment can be argued with. */
static void
write_told(const struct document_in *in, const struct statement *s, struct json *j)
{
	if (s->circumstance)
		json_str(j, "circumstance", s->circumstance);
	if (s->attribution)
		json_str(j, "attribution", s->attribution);
	if (s->actor)
		json_str(j, "actor", s->actor);
	if (s->kinetic) {
		json_object(j, "kinetic");
		json_str(j, "what", s->kinetic);
		scale_write_time(j, "time", s->kinetic_at);
		json_end(j);
	}
	if (s->confirms)
		json_bool(j, "confirms", true);
	if (s->linked)
		json_u64(j, "linked", s->linked);
	if (s->effects) {
		json_array(j, "effects");
		for (uint8_t k = 0; k < in->effects->n; k++)
			if (s->effects >> k & 1)
				json_str(j, NULL, in->effects->effect[k].name);
		json_end(j);
	}
	json_object(j, "facts");
	for (uint32_t h = 0; h < in->packs->n_human; h++) {
		if (!s->fact[h].known)
			continue;
		json_array(j, in->packs->human[h].name);
		json_f64(j, NULL, s->fact[h].lo);
		json_f64(j, NULL, s->fact[h].hi);
		json_end(j);
	}
	json_end(j);
	if (s->note)
		json_str(j, "note", s->note);
	json_str(j, "channel", s->channel ? s->channel : CHANNEL_FILE);
	if (s->signed_by)
		json_str(j, "signed_by", s->signed_by);
}

static void
write_statement(const struct document_in *in, const struct statement *s, struct json *j)
{
	json_str(j, "id", s->id);
	json_str(j, "author", s->author);
	scale_write_time(j, "time", s->time);
	if (s->expires)
		scale_write_time(j, "expires", s->expires);
	if (s->between) {
		json_array(j, "between");
		for (uint32_t i = 0; i < s->n_between; i++)
			json_str(j, NULL, s->between[i]);
		json_end(j);
	}
	if (s->scale) {
		json_object(j, "confidence");
		json_str(j, "scale", s->scale);
		json_str(j, "value", s->value);
		json_end(j);
	}
	write_told(in, s, j);
}

static void
write_statements(const struct document_in *in, const struct assessment *a, struct json *j)
{
	json_array(j, "statements");
	for (uint32_t k = 0; k < in->context->n; k++) {
		const struct statement *s = &in->context->s[k];
		if (!statement_applies(s, a->i, a->at))
			continue;
		json_object(j, NULL);
		write_statement(in, s, j);
		json_end(j);
	}
	json_end(j);
}

void
document_context(const struct document_in *in, const struct statement *s, struct span text, struct json *j)
{
	const struct { const char *key, *value; } scope[] = { { "incident", s->incident }, { "owner", s->owner }, { "territory", s->territory },
		{ "sector", s->sector } };

	json_object(j, "context");
	if (in->exercise)
		json_bool(j, "exercise", true);
	write_statement(in, s, j);
	for (size_t i = 0; i < sizeof(scope) / sizeof(scope[0]); i++)
		if (scope[i].value)
			json_str(j, scope[i].key, scope[i].value);
	json_span(j, "text", text);
	json_end(j);
}

/* The network acts that came before or with what happened beside it, as a person linked them; no band moves by it. */
static void
write_prelude(const struct document_in *in, const struct assessment *a, struct json *j)
{
	for (uint32_t k = 0; k < in->context->n; k++) {
		const struct statement *s = &in->context->s[k];
		if (s->kinetic && statement_applies(s, a->i, a->at) && a->i->first <= s->kinetic_at && s->kinetic_at - a->i->last <= in->packs->prelude) {
			json_str(j, "prelude", s->kinetic);
			return;
		}
	}
}

static void
write_legal(const struct document_in *in, const struct assessment *a, struct json *j)
{
	json_object(j, "legal");
	json_object(j, "effects_band");
	json_str(j, "lo", in->packs->band[a->bands.effects_lo].id);
	json_str(j, "hi", in->packs->band[a->bands.effects_hi].id);
	json_end(j);
	json_str(j, "circumstance", a->facts.circumstance ? a->facts.circumstance : "unknown");
	for (uint32_t i = 0; a->facts.circumstance && i < in->packs->n_circumstances; i++)
		if (in->packs->circumstance_says[i] && strcmp(in->packs->circumstances[i], a->facts.circumstance) == 0)
			json_str(j, "circumstance_says", in->packs->circumstance_says[i]);
	json_str(j, "attribution", a->facts.attribution ? a->facts.attribution : "none");
	if (a->facts.actor)
		json_str(j, "actor", a->facts.actor);
	write_prelude(in, a, j);
	json_bool(j, "human_confirmation", a->confirmed);
	json_u64(j, "linked_incidents", a->linked);
	json_str(j, "ceiling", in->packs->band[a->bands.ceiling].id);
	json_str(j, "pack_hash", in->packs->hash);
	json_str(j, "status", "indicative");
	json_end(j);
	write_ladder(in, a, j);
	json_object(j, "parties");
	for (uint32_t i = 0; i < a->bands.n; i++)
		write_party(in, a, &a->bands.party[i], false, j);
	json_end(j);
	write_divergence(in, a, j);
	write_unknowns(in, a, j);
	write_instruments(in, a, j);
	beside_severity(in, a, j);
	beside_factors(in, a, j);
	beside_clocks(in, a, j);
	write_statements(in, a, j);
}

void
document_incident(const struct document_in *in, const struct assessment *a, struct json *j)
{
	const struct incident *i = a->i;

	json_object(j, "incident");
	json_str(j, "id", i->id);
	json_u64(j, "revision", a->revision);
	json_str(j, "state", incident_state_name[i->state]);
	if (i->merged_into)
		json_str(j, "merged_into", i->merged_into->id);
	if (in->exercise)
		json_bool(j, "exercise", true);
	scale_write_time(j, "first", i->first);
	scale_write_time(j, "last", i->last);
	json_u64(j, "alerts", i->alerts);
	json_u64(j, "suppressed", i->suppressed);
	if (i->others)
		json_u64(j, "others", i->others);
	write_effects(in, i, j);
	write_signatures(in, i, j);
	write_hosts(in, "victims", i->victims, i->n_victims, j);
	write_hosts(in, "attackers", i->attackers, i->n_attackers, j);
	write_assets(i, j);
	json_object(j, "scale");
	scale_write(&a->facts.scale, j);
	json_end(j);
	write_legal(in, a, j);
	json_end(j);
}

void
document_escalation(const struct document_in *in, const struct assessment *a, const struct bands *before, struct json *j)
{
	json_object(j, "escalation");
	json_str(j, "incident", a->i->id);
	json_u64(j, "revision", a->revision);
	if (in->exercise)
		json_bool(j, "exercise", true);
	json_array(j, "changes");
	for (uint32_t k = 0; k < a->bands.n; k++) {
		const struct party_band *b = &a->bands.party[k];
		struct party_band none = { 0 };
		const struct party_band *o = k < before->n ? &before->party[k] : &none;
		if (o->lo == b->lo && o->hi == b->hi && o->likely == b->likely)
			continue;
		json_object(j, NULL);
		json_str(j, "party", b->party->id);
		json_object(j, "from");
		write_interval(j, in->packs, o);
		json_end(j);
		json_object(j, "to");
		write_interval(j, in->packs, b);
		json_end(j);
		json_str(j, "direction", b->lo + b->hi + b->likely >= o->lo + o->hi + o->likely ? "up" : "down");
		json_end(j);
	}
	json_end(j);
	write_unknowns(in, a, j);
	write_instruments(in, a, j);
	json_str(j, "status", "indicative");
	json_str(j, "pack_hash", in->packs->hash);
	json_end(j);
}

/* A few facts of scale that say most; the rest is in the incident's record. */
static const char *const tag_features[] = { "targets", "sources", "duration_s", "outage_s", "capacity_share", "ot_controls", "ot_writes" };

void
document_tag(const struct document_in *in, const struct assessment *a, struct json *j)
{
	json_str(j, "incident", a->i->id);
	json_u64(j, "revision", a->revision);
	if (in->exercise)
		json_bool(j, "exercise", true);
	json_object(j, "scale");
	for (size_t k = 0; k < sizeof(tag_features) / sizeof(tag_features[0]); k++) {
		int f = feature_index(tag_features[k]);
		const struct fact *x = f >= 0 ? &a->facts.scale.fact[f] : NULL;
		if (!x || !x->known)
			continue;
		json_array(j, tag_features[k]);
		json_f64(j, NULL, x->lo);
		json_f64(j, NULL, x->likely);
		json_f64(j, NULL, x->hi);
		json_end(j);
	}
	json_f64(j, "coverage", a->facts.scale.coverage);
	json_end(j);
	json_object(j, "legal");
	json_str(j, "circumstance", a->facts.circumstance ? a->facts.circumstance : "unknown");
	json_str(j, "attribution", a->facts.attribution ? a->facts.attribution : "none");
	json_array(j, "instruments");
	for (uint32_t i = 0; i < in->packs->n_instruments; i++)
		if (instrument_fits(in->packs, &in->packs->instrument[i], a))
			json_str(j, NULL, in->packs->instrument[i].id);
	json_end(j);
	json_str(j, "pack_hash", in->packs->hash);
	json_str(j, "status", "indicative");
	json_end(j);
	json_object(j, "parties");
	for (uint32_t i = 0; i < a->bands.n; i++) {
		json_object(j, a->bands.party[i].party->id);
		write_interval(j, in->packs, &a->bands.party[i]);
		json_end(j);
	}
	json_end(j);
}

void
document_explain(const struct document_in *in, const struct assessment *a, const char *party, struct json *j)
{
	json_object(j, "explanation");
	json_str(j, "incident", a->i->id);
	json_u64(j, "revision", a->revision);
	if (in->exercise)
		json_bool(j, "exercise", true);
	scale_write_time(j, "at", a->at);
	write_effects(in, a->i, j);
	json_object(j, "scale");
	scale_write(&a->facts.scale, j);
	json_end(j);
	json_object(j, "parties");
	for (uint32_t i = 0; i < a->bands.n; i++)
		if (!party || strcmp(party, a->bands.party[i].party->id) == 0)
			write_party(in, a, &a->bands.party[i], true, j);
	json_end(j);
	write_divergence(in, a, j);
	write_unknowns(in, a, j);
	write_instruments(in, a, j);
	beside_support(in, a, j);
	beside_severity(in, a, j);
	beside_factors(in, a, j);
	beside_clocks(in, a, j);
	write_statements(in, a, j);
	json_end(j);
}
