#include "pipeline/legal/explain.h"

#include "base/buf.h"
#include "base/clock.h"
#include "pipeline/legal/beside.h"
#include "pipeline/legal/wrap.h"

static void
show_cites(const struct ink *k, const struct cite *c, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		fprintf(k->out, "               %ssource: %s (%s%s%s)%s\n", k->dim, c[i].text, c[i].verified ? c[i].note ? "" : "read" : "not verified",
		    c[i].note && !c[i].verified ? "; " : "", c[i].note ? c[i].note : "", k->off);
}

static void
show_number(const struct ink *k, double lo, double hi)
{
	if (lo == hi)
		fprintf(k->out, "%.7g", lo);
	else
		fprintf(k->out, "%.7g to %.7g", lo, hi);
}

static bool
is_told(const struct document_in *in, const struct assessment *a, uint8_t effect)
{
	for (uint32_t i = 0; in->context && i < in->context->n; i++)
		if ((in->context->s[i].effects >> effect & 1) && statement_applies(&in->context->s[i], a->i, a->at))
			return true;
	return false;
}

static void
show_seen(const struct ink *k, const struct document_in *in, const struct assessment *a)
{
	bool first = true;

	picture_heading(k, "signs");
	for (uint8_t e = 0; e < in->effects->n; e++)
		if (a->facts.effects >> e & 1) {
			uint64_t n = a->i->by_effect[e];
			fprintf(k->out, "%s%s", first ? "" : ", ", in->effects->effect[e].name);
			if (n)
				fprintf(k->out, " (%llu alert%s%s%s%s)", (unsigned long long) n, n == 1 ? "" : "s", in->seen_in ? " in " : "",
				    in->seen_in ? in->seen_in : "", is_told(in, a, e) ? "; told too" : "");
			else
				fprintf(k->out, " (told, no sensor saw it)");
			first = false;
		}
	fprintf(k->out, "%s\n", first ? "of no effect" : "");
	for (uint32_t i = 0; i < a->i->n_assets; i++) {
		const struct asset *s = a->i->assets[i];
		picture_heading(k, i ? "" : "where");
		fprintf(k->out, "%s: owner %s, territory %s, %s, %s, zone %s (inventory)\n", s->name, s->owner, s->territory, s->sector,
		    criticality_name[s->criticality], zone_name[s->zone]);
	}
	first = true;
	for (unsigned f = 0; f < feature_table_n && f < FEATURES_MAX; f++) {
		const struct fact *x = &a->facts.scale.fact[f];
		if (!x->known || (x->lo == 0 && x->hi == 0))
			continue;
		picture_heading(k, first ? "scale" : "");
		first = false;
		fprintf(k->out, "%s ", feature_table[f]->name);
		show_number(k, x->lo, x->hi);
		fprintf(k->out, " %s(%s)%s\n", k->dim, x->method ? x->method : "", k->off);
	}
	picture_heading(k, first ? "scale" : "");
	if (a->i->alerts)
		fprintf(k->out, "coverage %.0f %% (%s)\n", a->facts.scale.coverage * 100, a->facts.scale.coverage_why ? a->facts.scale.coverage_why : "");
	else
		fprintf(k->out, "coverage: no sensor measured this; what people tell counts as they tell it\n");
}

static void
show_statement(const struct ink *k, const struct document_in *in, const struct statement *s)
{
	char t[CLOCK_EVE_LEN];

	clock_print_iso(s->time, t);
	fprintf(k->out, "%s, %s (%s):", s->author ? s->author : "unnamed", t, s->id ? s->id : "");
	for (uint8_t e = 0, n = 0; e < in->effects->n; e++)
		if (s->effects >> e & 1)
			fprintf(k->out, "%s %s", n++ ? "," : " effects", in->effects->effect[e].name);
	if (s->effects)
		fputc(';', k->out);
	if (s->circumstance)
		fprintf(k->out, " circumstance %s;", s->circumstance);
	if (s->attribution)
		fprintf(k->out, " attribution %s;", s->attribution);
	if (s->actor)
		fprintf(k->out, " actor %s;", s->actor);
	if (s->scale)
		fprintf(k->out, " confidence %s on the scale \"%s\";", s->value, s->scale);
	for (uint32_t h = 0; h < in->packs->n_human; h++)
		if (s->fact[h].known) {
			fprintf(k->out, " %s ", in->packs->human[h].name);
			show_number(k, s->fact[h].lo, s->fact[h].hi);
			fputc(';', k->out);
		}
	if (s->kinetic) {
		clock_print_iso(s->kinetic_at, t);
		fprintf(k->out, " links what happened beside the network: %s, %s;", s->kinetic, t);
	}
	if (s->signed_by)
		fprintf(k->out, " signed by the key %s;", s->signed_by);
	if (s->confirms)
		fprintf(k->out, " confirms the effects;");
	if (s->linked)
		fprintf(k->out, " links %u earlier incidents;", s->linked);
	fprintf(k->out, "%s%s\n", s->note ? " note: " : "", s->note ? s->note : "");
}

static void
show_told(const struct ink *k, const struct document_in *in, const struct assessment *a)
{
	bool first = true;

	for (uint32_t i = 0; in->context && i < in->context->n; i++) {
		if (!statement_applies(&in->context->s[i], a->i, a->at))
			continue;
		picture_heading(k, first ? "told" : "");
		first = false;
		show_statement(k, in, &in->context->s[i]);
	}
	if (!first)
		return;
	for (uint32_t h = 0; h < in->packs->n_human; h++)
		if (a->facts.human[h].known) {
			picture_heading(k, first ? "told" : "");
			first = false;
			fprintf(k->out, "%s ", in->packs->human[h].name);
			show_number(k, a->facts.human[h].lo, a->facts.human[h].hi);
			fprintf(k->out, " (%s)\n", a->facts.human[h].method);
		}
	if (first) {
		picture_heading(k, "told");
		fprintf(k->out, "nobody has told anything of this incident\n");
	}
}

/* What people told of the situation, and what the ladder says that it changes in law. */
static void
show_context(const struct ink *k, const struct document_in *in, const struct assessment *a)
{
	const struct facts *f = &a->facts;

	if (!f->circumstance && !f->attribution && !f->actor)
		return;
	picture_heading(k, "as told");
	if (f->circumstance)
		fprintf(k->out, "circumstance %s", f->circumstance);
	for (uint32_t i = 0; f->circumstance && i < in->packs->n_circumstances; i++)
		if (in->packs->circumstance_says[i] && strcmp(in->packs->circumstances[i], f->circumstance) == 0)
			fprintf(k->out, " (%s)", in->packs->circumstance_says[i]);
	if (f->attribution)
		fprintf(k->out, "%sattribution %s", f->circumstance ? "; " : "", f->attribution);
	if (f->actor)
		fprintf(k->out, "%sactor %s", f->circumstance || f->attribution ? "; " : "", f->actor);
	fputc('\n', k->out);
}

static void
show_unknown(const struct ink *k, const struct document_in *in, const struct assessment *a)
{
	picture_heading(k, "unknown");
	fprintf(k->out, "%s%s", a->facts.circumstance ? "" : "circumstance, ", a->facts.attribution ? "" : "attribution, ");
	if (!a->facts.actor)
		fprintf(k->out, "actor, ");
	for (uint32_t h = 0, n = 0; h < in->packs->n_human; h++)
		if (!a->facts.human[h].known)
			fprintf(k->out, "%s%s", n++ ? ", " : "", in->packs->human[h].name);
	fprintf(k->out, "%s\n", a->i->unlisted ? ", whose the unlisted hosts are" : "");
}

static const struct position *
position_of(const struct party *p, const char *key)
{
	for (uint32_t i = 0; key && i < p->n_pos; i++)
		if (strcmp(p->pos[i].key, key) == 0)
			return &p->pos[i];
	return NULL;
}

static bool
cites_too(const struct position *x, const struct cite *c)
{
	for (uint32_t i = 0; x && i < x->n_cite; i++)
		if (strcmp(x->cite[i].text, c->text) == 0)
			return true;
	return false;
}

/* The sources of a position, if there is one, and those others that are not among them. */
static void
show_cites_of(const struct ink *k, const struct position *x, const struct cite *c, uint32_t n)
{
	if (x)
		show_cites(k, x->cite, x->n_cite);
	for (uint32_t i = 0; i < n; i++)
		if (!cites_too(x, &c[i]))
			show_cites(k, &c[i], 1);
}

/* `c`: as it is read for the actor that was told, if one was. */
static void
show_condition(const struct ink *k, const struct document_in *in, const struct assessment *a, const struct party_band *b, const struct condition *c)
{
	const struct position *x = position_of(b->party, c->because);
	struct buf words;

	buf_init(&words, 4096);
	expr_describe(c->when, &a->facts, &in->packs->words, &words);
	fprintf(k->out, "           - %s%s%s at %s%s%s: %s\n", k->bold, c->id, k->off, in->packs->band[c->band].id, c->upto > c->band ? " up to " : "",
	    c->upto > c->band ? in->packs->band[c->upto].id : "", c->say);
	fprintf(k->out, "               facts: %s\n", words.p ? words.p : "");
	if (x)
		fprintf(k->out, "               position on %s: %s%s%s%s\n", x->key, x->code, x->say ? " (in short: " : "", x->say ? x->say : "", x->say ? ")" : "");
	show_cites_of(k, x, c->cite, c->n_cite);
	buf_clear(&words);
}

static void
show_options(const struct ink *k, const struct document_in *in, const struct assessment *a, const struct party_band *b)
{
	for (uint32_t i = 0; i < in->packs->n_responses; i++) {
		const struct response *r = &in->packs->response[i];
		const char *code = NULL, *answer = response_answer(r, b->party, &code), *reach = response_reach(r, b);
		if (!reach)
			continue;
		fprintf(k->out, "           - %s (from %s%s)%s%s", r->title, in->packs->band[response_from(r, b->party)].id,
		    strcmp(reach, "within") == 0 ? ", only if the upper bound holds" : "", answer ? ": " : "", answer ? answer : "");
		for (int told = 0; told < 2; told++)
			for (uint32_t n = 0, m = 0; n < r->n_pre; n++)
				if ((r->pre[n].told && expr_eval(r->pre[n].told, &a->facts) == YES) == told)
					fprintf(k->out, "%s %s", m++ ? ";" : told ? "; told by a person, not examined:" : "; to be shown:", r->pre[n].say);
		fputc('\n', k->out);
		show_cites_of(k, answer ? position_of(b->party, r->position) : NULL, r->cite, r->n_cite);
	}
}

static void
show_party(const struct ink *k, const struct document_in *in, const struct assessment *a, const struct party_band *b)
{
	const struct packs *p = in->packs;
	struct condition room[CONDITIONS_MAX];
	const struct actor_limit *l = NULL;
	const struct condition *cond = bands_conditions(p, b->party, &a->facts, room, &l);
	struct buf words;

	fprintf(k->out, "\n%s%s%s  %s–%s, likely %s; indicative%s%s%s\n", k->bold, b->party->name, k->off, p->band[b->lo].id, p->band[b->hi].id,
	    p->band[b->likely].id, b->limited ? "; the actor is told to be " : "; if the acts are attributed to a State", b->limited ? a->facts.actor : "",
	    b->capped ? "; a person must confirm more" : "");
	if (b->party->unread)
		fprintf(k->out, "  %sposition not known (%s): no other's is put in its place; pack version %u%s\n", k->dim, b->party->unread, b->party->version, k->off);
	else
		fprintf(k->out, "  %sposition of %s; pack version %u%s\n", k->dim, b->party->date, b->party->version, k->off);
	if (l) {
		fprintf(k->out, "  the actor is told to be %s: at most %s, but for what is read otherwise below%s%s\n", l->actor, p->band[l->band].id,
		    l->say ? "; " : "", l->say ? l->say : "");
		show_cites(k, l->cite, l->n_cite);
	}
	for (int open = 0; open < 2; open++) {
		bool first = true;
		for (uint32_t i = 0; i < b->party->n_cond; i++) {
			if (!((open ? b->unknown : b->yes) >> i & 1))
				continue;
			if (first)
				fprintf(k->out, "  %s\n", open ? "conditions of this pack that are not excluded, because facts are unknown" : "conditions of this pack that the facts fulfil");
			first = false;
			show_condition(k, in, a, b, &cond[i]);
		}
	}
	buf_init(&words, 1024);
	for (uint8_t c = 0; c < b->n_changes; c++) {
		buf_reset(&words);
		change_describe(p, &b->change[c], &words);
		fprintf(k->out, "%s           - %s\n", c ? "" : "  what would change it\n", words.p);
	}
	buf_clear(&words);
	fprintf(k->out, "  options to consider, none of them advised; whether one is lawful is for people to find\n");
	show_options(k, in, a, b);
}

static bool
is_concerned(const struct party *p, const struct incident *i)
{
	for (uint32_t k = 0; k < i->n_assets; k++)
		if (strcmp(i->assets[k]->owner, p->id) == 0 || territory_among(&p->id, 1, i->assets[k]->territory))
			return true;
	return false;
}

/* None is concerned: one of those who stand at one place speaks for them. */
static bool
is_first_of(const struct bands *b, uint32_t i)
{
	const struct party_band *x = &b->party[i];

	for (uint32_t k = 0; k < i; k++)
		if (b->party[k].lo == x->lo && b->party[k].likely == x->likely && b->party[k].hi == x->hi)
			return false;
	return true;
}

static void
show_beside(const struct ink *k, const struct document_in *in, const struct assessment *a)
{
	struct buf words;
	bool first = true;

	buf_init(&words, 4096);
	for (uint32_t i = 0; i < in->packs->n_severity; i++) {
		const struct severity_scale *s = &in->packs->severity[i];
		struct severity_value v = severity_eval(s, &a->facts, &a->bands);
		picture_heading(k, i ? "" : "severity");
		fprintf(k->out, "%s: candidates %s to %s", s->title, s->level[v.lo].name, s->level[v.hi].name);
		if (s->n_parts)
			fprintf(k->out, " (%.1f to %.1f)", v.score_lo, v.score_hi);
		if (s->by_band)
			fprintf(k->out, " by effects at %s–%s", in->packs->band[a->bands.effects_lo].id, in->packs->band[a->bands.effects_hi].id);
		fprintf(k->out, "; only its body sets one%s\n", s->verified ? "" : "; not verified");
		show_cites(k, s->cite, s->n_cite);
	}
	for (uint32_t i = 0; i < in->packs->n_factors; i++) {
		const struct gauge *g = &in->packs->factor[i];
		struct gauge_value v = gauge_eval(g, &a->facts, a->bands.effects_hi);
		picture_heading(k, i ? "" : "factors");
		fprintf(k->out, "%s: ", g->id);
		if (v.known)
			show_number(k, v.lo, v.hi);
		else
			fprintf(k->out, "unknown");
		fprintf(k->out, " of 10, %s\n", !v.met ? "no step of its scale is met" : v.met->say ? v.met->say : "a step of its scale is met");
		if (v.met) {
			buf_reset(&words);
			expr_describe(v.met->when, &a->facts, &in->packs->words, &words);
			fprintf(k->out, "               facts: %s\n", words.p ? words.p : "");
		}
		show_cites(k, g->cite, g->n_cite);
	}
	for (uint32_t i = 0; i < in->packs->n_support; i++) {
		const struct support *s = &in->packs->support[i];
		if (!support_fits(in->packs, s, a))
			continue;
		picture_heading(k, first ? "support" : "");
		first = false;
		fprintf(k->out, "%s to %s, from %s: %s%s\n", s->of, s->to, in->packs->band[s->from].id, s->said, s->verified ? "" : " (not verified)");
		show_cites(k, s->cite, s->n_cite);
	}
	buf_clear(&words);
}

static void
show_instruments(const struct ink *k, const struct document_in *in, const struct assessment *a)
{
	bool first = true;

	for (uint32_t i = 0; i < in->packs->n_instruments; i++) {
		const struct instrument *n = &in->packs->instrument[i];
		if (!instrument_fits(in->packs, n, a))
			continue;
		picture_heading(k, first ? "raise" : "");
		first = false;
		fprintf(k->out, "%s (%s of %s): for consideration by ", n->id, n->layer, n->date);
		for (uint32_t m = 0; m < n->n_decides; m++)
			fprintf(k->out, "%s%s", m ? ", " : "", n->decides[m]);
		fprintf(k->out, "; the upper bound of");
		for (uint32_t m = 0, t = 0; m < a->bands.n; m++)
			if (instrument_raised_by(n, &a->bands.party[m]))
				fprintf(k->out, "%s %s%s", t++ ? "," : "", a->bands.party[m].party->id, a->bands.party[m].party->unread ? " (position not known)" : "");
		fprintf(k->out, " reaches %s; in short: %s\n", in->packs->band[n->from].id, n->say);
		show_cites(k, n->cite, n->n_cite);
	}
}

void
explain_cites(const struct ink *k, const struct cite *c, uint32_t n)
{
	struct wrap w;

	wrap_begin(&w, k);
	show_cites(&w.ink, c, n);
	wrap_end(&w);
}

static void
show_all(const struct ink *k, const struct document_in *in, const struct assessment *a, const char *party)
{
	char t[CLOCK_EVE_LEN];

	clock_print_iso(a->at, t);
	fprintf(k->out, "%s%s%s%s%s revision %u, %s\n", in->exercise ? k->mark : "", in->exercise ? "EXERCISE " : "", in->exercise ? k->off : "", k->bold,
	    a->i->id, a->revision, t);
	fputs(k->off, k->out);
	show_seen(k, in, a);
	show_told(k, in, a);
	show_context(k, in, a);
	show_unknown(k, in, a);
	picture_bands(k, in->packs, a);
	fprintf(k->out, "           a band is what the facts would fall in if the acts were attributed to a State, and no finding that they do:\n");
	for (uint32_t i = 0; i < in->packs->n_bands; i++)
		fprintf(k->out, "           %s  %s\n", in->packs->band[i].id, in->packs->band[i].name);
	bool any = false;
	for (uint32_t i = 0; i < a->bands.n; i++)
		any |= is_concerned(a->bands.party[i].party, a->i);
	for (uint32_t i = 0; i < a->bands.n; i++) {
		const struct party_band *b = &a->bands.party[i];
		if (party ? strcmp(party, b->party->id) == 0 : any ? is_concerned(b->party, a->i) : is_first_of(&a->bands, i))
			show_party(k, in, a, b);
	}
	fputc('\n', k->out);
	show_instruments(k, in, a);
	show_beside(k, in, a);
	fprintf(k->out, "\n%sThe sensor attributes nothing, decides nothing and finds no legal threshold met: bands are prompts for officials.%s\n", k->dim, k->off);
}

void
explain_text(const struct ink *k, const struct document_in *in, const struct assessment *a, const char *party)
{
	struct wrap w;

	wrap_begin(&w, k);
	show_all(&w.ink, in, a, party);
	wrap_end(&w);
}
