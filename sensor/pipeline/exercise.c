#include "pipeline/exercise.h"

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/datadir.h"
#include "pipeline/legal/case.h"
#include "pipeline/legal/explain.h"
#include "pipeline/legal/advice.h"
#include "pipeline/legal/picture.h"
#include "pipeline/legal/wrap.h"
#include "pipeline/playback.h"

#define ROOM (8u << 20) /* of one JSON record */

struct exercise {
	struct effects effects;
	struct packs packs;
	struct diag d;
	const char *party, *packs_dir, *effects_file;
	bool json, explain, apart;
	struct ink ink;
	char *room;
};

/* ---- as JSON: one record a line ---- */

static void
write_band(const struct exercise *x, const struct party_band *b, struct json *j)
{
	json_object(j, b->party->id);
	json_str(j, "lo", x->packs.band[b->lo].id);
	json_str(j, "likely", x->packs.band[b->likely].id);
	json_str(j, "hi", x->packs.band[b->hi].id);
	json_end(j);
}

static void
write_bands(const struct exercise *x, const struct bands *b, struct json *j)
{
	struct middle m = bands_middle(b);

	json_object(j, "legal");
	json_str(j, "lo", x->packs.band[m.lo].id);
	json_str(j, "likely", x->packs.band[m.likely].id);
	json_str(j, "hi", x->packs.band[m.hi].id);
	json_u64(j, "parties", m.parties);
	json_end(j);
	json_object(j, "effects_band");
	json_str(j, "lo", x->packs.band[b->effects_lo].id);
	json_str(j, "hi", x->packs.band[b->effects_hi].id);
	json_end(j);
	json_object(j, "parties");
	for (uint32_t i = 0; i < b->n; i++)
		if (!x->party || strcmp(x->party, b->party[i].party->id) == 0)
			write_band(x, &b->party[i], j);
	json_end(j);
}

static void
write_comparison(const char *key, uint8_t lo, uint8_t hi, const struct case_range *r, const struct packs *p, struct json *j)
{
	struct comparison c = compare_range(lo, hi, r);

	if (!r->given)
		return;
	json_object(j, key);
	json_str(j, "published_lo", p->band[r->lo].id);
	json_str(j, "published_hi", p->band[r->hi].id);
	json_bool(j, "holds_midpoint", c.holds_midpoint);
	json_f64(j, "overlap", c.overlap);
	json_bool(j, "a_band_above", c.a_band_above);
	json_end(j);
}

static void
begin_record(struct exercise *x, const struct case_file *c, const char *kind, int64_t at, struct json *j)
{
	char t[CLOCK_EVE_LEN];

	json_init(j, x->room, ROOM);
	json_object(j, NULL);
	clock_print_eve(at, t);
	json_str(j, "timestamp", t);
	json_bool(j, "exercise", true);
	json_str(j, "marking", "EXERCISE");
	json_str(j, "case", c->id);
	json_str(j, "record", kind);
}

static void
end_record(struct json *j)
{
	struct span s;

	json_end(j);
	s = json_text(j);
	fwrite(s.p, 1, s.n, stdout);
	fputc('\n', stdout);
}

/* The capture, and what the sensor saw in it. */
static void
write_seen(const struct exercise *x, const struct case_step *s, struct json *j)
{
	if (!s->capture)
		return;
	json_str(j, "capture", s->capture);
	json_object(j, "measured");
	json_u64(j, "alerts", s->seen->alerts);
	json_u64(j, "incidents", s->seen->incidents);
	json_array(j, "effects");
	for (uint8_t k = 0; k < x->effects.n; k++)
		if (s->seen->effects >> k & 1)
			json_str(j, NULL, x->effects.effect[k].name);
	json_end(j);
	json_object(j, "scale");
	for (unsigned k = 0; k < feature_table_n && k < FEATURES_MAX; k++) {
		const struct fact *f = &s->seen->fact[k];
		if (!f->known)
			continue;
		json_object(j, feature_table[k]->name);
		json_f64(j, "lo", f->lo);
		json_f64(j, "likely", f->likely);
		json_f64(j, "hi", f->hi);
		json_str(j, "method", f->method);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void
write_step(struct exercise *x, const struct case_file *c, const struct case_step *s, const struct scene *sc)
{
	struct json j;

	begin_record(x, c, "step", s->at, &j);
	json_str(&j, "say", s->say);
	if (s->author)
		json_str(&j, "author", s->author);
	write_seen(x, s, &j);
	if (s->scale) {
		json_object(&j, "confidence");
		json_str(&j, "scale", s->scale);
		json_str(&j, "value", s->value);
		json_end(&j);
	}
	json_str(&j, "circumstance", sc->a.facts.circumstance ? sc->a.facts.circumstance : "unknown");
	json_str(&j, "attribution", sc->a.facts.attribution ? sc->a.facts.attribution : "none");
	json_str(&j, "actor", sc->a.facts.actor ? sc->a.facts.actor : "unknown");
	write_bands(x, &sc->a.bands, &j);
	end_record(&j);
}

static void
write_result(struct exercise *x, const struct case_file *c, const struct scene *sc, const struct document_in *in)
{
	struct middle m = bands_middle(&sc->a.bands);
	struct json j;

	begin_record(x, c, "result", sc->a.at, &j);
	json_str(&j, "title", c->title);
	write_bands(x, &sc->a.bands, &j);
	json_object(&j, "published");
	write_comparison("legal", m.lo, m.hi, &c->legal, &x->packs, &j);
	write_comparison("effects", sc->a.bands.effects_lo, sc->a.bands.effects_hi, &c->effects, &x->packs, &j);
	json_object(&j, "parties");
	for (uint32_t i = 0; i < c->n_party; i++)
		for (uint32_t k = 0; k < sc->a.bands.n; k++)
			if (strcmp(sc->a.bands.party[k].party->id, c->party[i].party) == 0)
				write_comparison(c->party[i].party, sc->a.bands.party[k].lo, sc->a.bands.party[k].hi, &c->party[i], &x->packs, &j);
	json_end(&j);
	json_end(&j);
	document_explain(in, &sc->a, x->party, &j);
	end_record(&j);
}

/* ---- for people ---- */

static void
show_effects(const struct exercise *x, const char *heading, uint32_t effects)
{
	bool first = true;

	for (uint8_t k = 0; k < x->effects.n; k++)
		if (effects >> k & 1) {
			if (first)
				picture_heading(&x->ink, heading);
			fprintf(x->ink.out, "%s%s", first ? "" : ", ", x->effects.effect[k].name);
			first = false;
		}
	if (!first)
		fputc('\n', x->ink.out);
}

/* What the sensor saw in the step's capture. */
static void
show_seen(const struct exercise *x, const struct case_step *s)
{
	if (!s->seen)
		return;
	picture_heading(&x->ink, "capture");
	fprintf(x->ink.out, "%s: %llu alert%s in %u incident%s%s%s%s\n", s->capture, (unsigned long long) s->seen->alerts, s->seen->alerts == 1 ? "" : "s",
	    s->seen->incidents, s->seen->incidents == 1 ? "" : "s", s->seen->incidents > 1 ? "; what was measured is of the one with most alerts, " : "",
	    s->seen->incidents > 1 ? s->seen->measured : "", s->seen->incidents > 1 ? ", alone" : "");
	show_effects(x, "", s->seen->effects);
	for (unsigned k = 0; k < feature_table_n && k < FEATURES_MAX; k++) {
		const struct fact *f = &s->seen->fact[k];
		if (!f->known || feature_table[k]->of_assets || f->hi <= 0)
			continue;
		picture_heading(&x->ink, "");
		fprintf(x->ink.out, "%s %.10g", feature_table[k]->name, f->likely);
		if (f->lo < f->hi)
			fprintf(x->ink.out, " [%.10g to %.10g]", f->lo, f->hi);
		fputc('\n', x->ink.out);
	}
}

static void
show_told(const struct exercise *x, const struct case_step *s)
{
	show_effects(x, "effects", s->effects);
	for (uint32_t i = 0; i < s->n_facts; i++) {
		const struct case_fact *f = &s->facts[i];
		if (i == 0)
			picture_heading(&x->ink, "told");
		fprintf(x->ink.out, "%s%s ", i ? ", " : "", f->name);
		if (!f->f.known)
			fprintf(x->ink.out, "unknown");
		else if (f->f.lo == f->f.hi)
			fprintf(x->ink.out, "%.10g", f->f.lo);
		else
			fprintf(x->ink.out, "%.10g to %.10g", f->f.lo, f->f.hi);
	}
	if (s->n_facts)
		fputc('\n', x->ink.out);
	if (s->circumstance || s->attribution || s->actor) {
		picture_heading(&x->ink, "said");
		fprintf(x->ink.out, "%s%s%s%s%s%s%s%s\n", s->circumstance ? "circumstance " : "", s->circumstance ? s->circumstance : "",
		    s->circumstance && (s->attribution || s->actor) ? ", " : "", s->attribution ? "attribution " : "",
		    s->attribution ? s->attribution : "", s->attribution && s->actor ? ", " : "", s->actor ? "actor " : "", s->actor ? s->actor : "");
	}
}

static void
show_step(const struct exercise *x, const struct case_step *s, const struct scene *sc, const struct bands *before)
{
	char t[CLOCK_EVE_LEN];
	const struct bands *b = &sc->a.bands;
	bool told[PARTIES_MAX] = { false };

	clock_print_iso(s->at, t);
	fprintf(x->ink.out, "\n%sEXERCISE%s %s  %s%s%s\n", x->ink.mark, x->ink.off, t, s->say, s->author ? " — " : "", s->author ? s->author : "");
	show_seen(x, s);
	show_told(x, s);
	for (uint32_t i = 0; i < b->n; i++) {
		const struct party_band *o = &before->party[i], *n = &b->party[i];
		if (told[i] || (o->lo == n->lo && o->hi == n->hi && o->likely == n->likely) || (x->party && strcmp(x->party, n->party->id) != 0))
			continue;
		picture_heading(&x->ink, "moves");
		fprintf(x->ink.out, "%s–%s → %s–%s, likely %s:", x->packs.band[o->lo].id, x->packs.band[o->hi].id, x->packs.band[n->lo].id, x->packs.band[n->hi].id,
		    x->packs.band[n->likely].id);
		for (uint32_t k = i; k < b->n; k++) {
			const struct party_band *ok = &before->party[k], *nk = &b->party[k];
			if (ok->lo != o->lo || ok->hi != o->hi || nk->lo != n->lo || nk->hi != n->hi || nk->likely != n->likely || told[k]
			    || (x->party && strcmp(x->party, nk->party->id) != 0))
				continue;
			told[k] = true;
			fprintf(x->ink.out, "%s %s", k > i ? "," : "", nk->party->id);
		}
		fputc('\n', x->ink.out);
	}
}

static bool
same_interval(const struct party_band *a, const struct party_band *b)
{
	return a->lo == b->lo && a->hi == b->hi;
}

static void
show_parties(const struct exercise *x, const struct bands *b, const struct party_band *like)
{
	bool first = true;

	for (uint32_t i = 0; i < b->n; i++)
		if (!b->party[i].party->unread && same_interval(&b->party[i], like)) {
			fprintf(x->ink.out, "%s%s", first ? "" : ", ", b->party[i].party->id);
			first = false;
		}
}

/* Whether pair i stands for a reading of the same two intervals as `of`. */
static bool
speaks_of(const struct divergence *i, const struct divergence *of)
{
	return i->condition && same_interval(i->a, of->a) && same_interval(i->b, of->b) && !i->a->party->unread && !i->b->party->unread;
}

/* The readings that make the difference between those of one interval and those of another: each condition once, with the
 * parties whose position it is. */
static void
show_readings(const struct exercise *x, const struct divergence *v, uint32_t n, const struct divergence *of)
{
	bool first = true;

	for (uint32_t i = 0; i < n; i++) {
		const struct condition *c = v[i].condition;
		bool told = !speaks_of(&v[i], of);
		for (uint32_t k = 0; k < i && !told; k++)
			told = speaks_of(&v[k], of) && strcmp(v[k].condition->id, c->id) == 0;
		if (told)
			continue;
		fprintf(x->ink.out, "%s%s", first ? ": " : "; ", c->id);
		first = false;
		for (uint32_t k = i, m = 0; k < n; k++) {
			bool again = !speaks_of(&v[k], of) || strcmp(v[k].condition->id, c->id) != 0 || !v[k].condition->because;
			for (uint32_t l = i; l < k && !again; l++)
				again = speaks_of(&v[l], of) && strcmp(v[l].condition->id, c->id) == 0 && v[l].reader == v[k].reader;
			if (again)
				continue;
			if (!m++)
				fprintf(x->ink.out, " by the position on %s of", c->because ? c->because : v[k].condition->because);
			else
				fputc(',', x->ink.out);
			fprintf(x->ink.out, " %s (%s)", v[k].reader->id, position_code(v[k].reader, v[k].condition->because));
		}
	}
}

/* Who differs because of what: a line for each two intervals, for all parties that have them. */
static void
show_divergence(const struct exercise *x, const struct scene *sc)
{
	static struct divergence v[PARTIES_MAX * PARTIES_MAX / 2];
	uint32_t n = bands_divergence(&x->packs, &sc->a.bands, v, PARTIES_MAX * PARTIES_MAX / 2), lines = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool told = v[i].a->party->unread || v[i].b->party->unread;
		for (uint32_t k = 0; k < i && !told; k++)
			told = same_interval(v[k].a, v[i].a) && same_interval(v[k].b, v[i].b) && !v[k].a->party->unread && !v[k].b->party->unread;
		if (told)
			continue;
		picture_heading(&x->ink, lines++ ? "" : "differ");
		show_parties(x, &sc->a.bands, v[i].a);
		fprintf(x->ink.out, " above ");
		show_parties(x, &sc->a.bands, v[i].b);
		fprintf(x->ink.out, " (lo %+d, hi %+d)", v[i].lo, v[i].hi);
		show_readings(x, v, n, &v[i]);
		fputc('\n', x->ink.out);
	}
}

static void
show_comparison(const struct exercise *x, const char *what, uint8_t lo, uint8_t hi, const struct case_range *r)
{
	struct comparison c = compare_range(lo, hi, r);

	if (!r->given)
		return;
	picture_heading(&x->ink, "compare");
	fprintf(x->ink.out, "%s: published %s–%s; computed %s–%s: midpoint %s, overlap %.0f %%%s\n", what, x->packs.band[r->lo].id, x->packs.band[r->hi].id,
	    x->packs.band[lo].id, x->packs.band[hi].id, c.holds_midpoint ? "inside" : "outside", c.overlap * 100,
	    c.a_band_above ? ", a whole band above" : "");
}

static void
show_result(struct exercise *x, const struct case_file *c, const struct scene *sc)
{
	struct middle m = bands_middle(&sc->a.bands);

	fprintf(x->ink.out, "\n%sEXERCISE%s result of %s%s%s\n", x->ink.mark, x->ink.off, x->ink.bold, c->id, x->ink.off);
	picture_bands(&x->ink, &x->packs, &sc->a);
	picture_heading(&x->ink, "middle");
	fprintf(x->ink.out, "%s–%s, likely %s: half of the %u parties with a position known have lo at least and hi at most there; no law, a summary\n",
	    x->packs.band[m.lo].id, x->packs.band[m.hi].id, x->packs.band[m.likely].id, m.parties);
	picture_heading(&x->ink, "effects");
	fprintf(x->ink.out, "%s–%s: from facts alone, no party's law\n", x->packs.band[sc->a.bands.effects_lo].id, x->packs.band[sc->a.bands.effects_hi].id);
	show_comparison(x, "law", m.lo, m.hi, &c->legal);
	for (uint32_t i = 0; i < c->n_party; i++)
		for (uint32_t k = 0; k < sc->a.bands.n; k++)
			if (strcmp(sc->a.bands.party[k].party->id, c->party[i].party) == 0)
				show_comparison(x, c->party[i].party, sc->a.bands.party[k].lo, sc->a.bands.party[k].hi, &c->party[i]);
	show_comparison(x, "effects", sc->a.bands.effects_lo, sc->a.bands.effects_hi, &c->effects);
	show_divergence(x, sc);
	picture_heading(&x->ink, "unknown");
	bool first = true;
	for (uint32_t i = 0; i < x->packs.n_human; i++)
		if (!sc->a.facts.human[i].known) {
			fprintf(x->ink.out, "%s%s", first ? "" : ", ", x->packs.human[i].name);
			first = false;
		}
	fprintf(x->ink.out, "%s\n", first ? "nothing of the ladder's facts" : "");
}

/* ---- playing ---- */

static int
play(struct exercise *x, const char *path)
{
	struct case_file c;
	struct scene sc;
	struct context told = { 0 };
	struct buf seen_in;
	struct document_in in;
	const struct playback_in films = { &x->packs, &x->effects, x->packs_dir, x->effects_file };
	int rc;

	if (case_read(&c, path, &x->packs, &x->effects, &x->d) < 0 || case_context(&c, &x->packs, &told) < 0
	    || scene_init(&sc, &x->packs, &x->effects, &c.inv) < 0) {
		context_clear(&told);
		case_clear(&c);
		return -1;
	}
	in = (struct document_in) { &x->packs, &x->effects, &told, &c.inv, true, NULL };
	buf_init(&seen_in, 4096);
	snprintf(sc.i->id, sizeof(sc.i->id), "%.39s", c.id);
	if (!x->json)
		fprintf(x->ink.out, "%sEXERCISE%s %s%s%s: %s\n", x->ink.mark, x->ink.off, x->ink.bold, c.id, x->ink.off, c.title);
	struct bands *before = calloc(1, sizeof(*before));
	rc = before ? 0 : -1;
	for (uint32_t k = 0; rc == 0 && k < c.n_steps; k++) {
		if (c.step[k].capture && playback(&c, k, &films, &x->d) < 0) {
			rc = -1;
			break;
		}
		if (c.step[k].capture)
			buf_printf(&seen_in, "%s%s", seen_in.n ? ", " : "", c.step[k].capture);
		*before = sc.a.bands;
		case_apply(&c, k, &sc);
		scene_assess(&sc, c.step[k].at);
		if (x->json)
			write_step(x, &c, &c.step[k], &sc);
		else
			show_step(x, &c.step[k], &sc, before);
	}
	in.seen_in = seen_in.n ? seen_in.p : NULL;
	if (rc == 0 && x->json)
		write_result(x, &c, &sc, &in);
	else if (rc == 0)
		show_result(x, &c, &sc);
	if (rc == 0 && x->explain && !x->json) {
		fprintf(x->ink.out, "\n");
		explain_text(&x->ink, &in, &sc.a, x->party);
		fprintf(x->ink.out, "\n%sEXERCISE%s %s: where its facts are from\n", x->ink.mark, x->ink.off, c.id);
		explain_cites(&x->ink, c.cite, c.n_cite);
	}
	if (rc == 0 && c.legal.given) {
		struct middle m = bands_middle(&sc.a.bands);
		struct comparison r = compare_range(m.lo, m.hi, &c.legal);
		x->apart |= !r.holds_midpoint || r.overlap < 0.5 || r.a_band_above;
	}
	free(before);
	buf_clear(&seen_in);
	scene_clear(&sc);
	context_clear(&told);
	case_clear(&c);
	return rc;
}

static int
play_wrapped(struct exercise *x, const char *path)
{
	struct ink own = x->ink;
	struct wrap w;
	int rc;

	wrap_begin(&w, &own);
	x->ink = w.ink;
	rc = play(x, path);
	wrap_end(&w);
	x->ink = own;
	return rc;
}

static int
wrong(void)
{
	fprintf(stderr, "usage: exercise [--json | --explain] [--party ID] [--packs DIR] [--effects FILE] CASE...\n");
	return 2;
}

int
exercise_main(int argc, char **argv)
{
	static const struct option longs[] = { { "json", no_argument, NULL, 'j' }, { "explain", no_argument, NULL, 'x' }, { "party", required_argument, NULL, 'P' },
		{ "packs", required_argument, NULL, 'p' }, { "effects", required_argument, NULL, 'e' }, { 0 } };
	struct exercise *x = calloc(1, sizeof(*x));
	char data[DATADIR_LEN], packs[DATADIR_LEN + 16], effects[DATADIR_LEN + 16];
	int o, rc = 0;

	if (!x || !(x->room = malloc(ROOM)))
		return 2;
	datadir_find(data);
	snprintf(packs, sizeof(packs), "%s/policy", data);
	snprintf(effects, sizeof(effects), "%s/effects.yaml", data);
	const char *p = packs, *e = effects;
	while ((o = getopt_long(argc, argv, "j", longs, NULL)) != -1)
		switch (o) {
		case 'j': x->json = true; break;
		case 'x': x->explain = true; break;
		case 'P': x->party = optarg; break;
		case 'p': p = optarg; break;
		case 'e': e = optarg; break;
		default: rc = wrong();
		}
	if (!rc && optind == argc)
		rc = wrong();
	x->packs_dir = p;
	x->effects_file = e;
	diag_init(&x->d, 0);
	x->ink = ink_of(stdout, isatty(1));
	if (!rc && (effects_read(&x->effects, e, &x->d) < 0 || packs_read(&x->packs, p, &x->effects, &x->d) < 0))
		rc = 2;
	if (!rc && x->party && !packs_party(&x->packs, x->party)) {
		fprintf(stderr, "exercise: no pack of a party \"%s\"\n", x->party);
		rc = 2;
	}
	for (; !rc && optind < argc; optind++)
		if (play_wrapped(x, argv[optind]) < 0)
			rc = 2;
	diag_print(&x->d, stderr);
	if (!rc && x->apart)
		rc = 1;
	diag_clear(&x->d);
	packs_clear(&x->packs);
	effects_clear(&x->effects);
	free(x->room);
	free(x);
	return rc;
}
