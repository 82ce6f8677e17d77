/*
 * The picture for people at the end of a run: incidents, scale with intervals, the ladder per party side by side, where
 * parties differ, what nobody knows, what would change it, what may be raised.
 */
#include "pipeline/assess_private.h"
#include "pipeline/legal/advice.h"
#include "pipeline/legal/picture.h"

#include <stdio.h>

#include "base/buf.h"

/* 1234567 -> "1.23 M", seconds -> "16 min" */
static const char *
human(double v, const char *unit, char out[static 32])
{
	if (strcmp(unit, "s") == 0 && v >= 7200)
		snprintf(out, 32, "%.3g h", v / 3600);
	else if (strcmp(unit, "s") == 0 && v >= 120)
		snprintf(out, 32, "%.3g min", v / 60);
	else if (strcmp(unit, "share") == 0)
		snprintf(out, 32, "%.3g %%", v * 100);
	else if (v >= 1e9)
		snprintf(out, 32, "%.3g G", v / 1e9);
	else if (v >= 1e6)
		snprintf(out, 32, "%.3g M", v / 1e6);
	else if (v >= 1e4)
		snprintf(out, 32, "%.3g k", v / 1e3);
	else
		snprintf(out, 32, "%.4g", v);
	return out;
}

static void
show_what(const struct ink *k, const struct assess *a, const struct incident *i)
{
	bool first = true;

	picture_heading(k, "what");
	for (uint8_t e = 0; e < a->effects.n; e++) {
		if (!(i->effects >> e & 1))
			continue;
		fprintf(k->out, "%s%s %llu", first ? "" : " · ", a->effects.effect[e].name, (unsigned long long) i->by_effect[e]);
		first = false;
	}
	fprintf(k->out, "   (%llu alerts, %llu of them held back by thresholds)\n", (unsigned long long) i->alerts, (unsigned long long) i->suppressed);
	picture_heading(k, "where");
	for (uint32_t m = 0; m < i->n_assets; m++) {
		const struct asset *s = i->assets[m];
		fprintf(k->out, "%s%s%s%s: %s, %s, %s, zone %s\n", m ? "           " : "", k->bold, s->name, k->off, s->owner, s->sector,
		    criticality_name[s->criticality], zone_name[s->zone]);
	}
	if (!i->n_assets)
		fprintf(k->out, "%s\n", "no asset of the inventory: owner, sector and criticality are unknown");
	else if (i->unlisted)
		fprintf(k->out, "           and hosts that no inventory names\n");
}

static void
show_scale(const struct ink *k, const struct scale *s)
{
	char lo[32], likely[32], hi[32];
	bool first = true;

	for (unsigned f = 0; f < feature_table_n && f < FEATURES_MAX; f++) {
		const struct fact *x = &s->fact[f];
		const char *unit = feature_table[f]->unit;
		if (!x->known || (x->hi == 0 && x->likely == 0))
			continue;
		picture_heading(k, first ? "scale" : "");
		first = false;
		human(x->likely, unit, likely);
		fprintf(k->out, "%-16s %10s", feature_table[f]->name, likely);
		fprintf(k->out, " %-10s", strcmp(unit, "share") == 0 || (strcmp(unit, "s") == 0 && x->likely >= 120) ? "" : unit);
		if (x->lo == x->hi)
			fprintf(k->out, " %-23s", "");
		else
			fprintf(k->out, " [%8s … %-8s]  ", human(x->lo, unit, lo), human(x->hi, unit, hi));
		fprintf(k->out, "%s%s%s\n", k->dim, x->method, k->off);
	}
	picture_heading(k, first ? "scale" : "");
	fprintf(k->out, "%-16s %9.0f %%            %s%s%s\n", "coverage", s->coverage * 100, k->dim, s->coverage_why, k->off);
}

#define PARTIES_SHOWN 5

/* Copies of the first few, so that pictures of them alone can be drawn. */
static struct bands
shown_parties(const struct assessment *n)
{
	struct bands b = n->bands;

	picture_order(&b, n->i);
	if (b.n > PARTIES_SHOWN)
		b.n = PARTIES_SHOWN;
	return b;
}

static void
show_bands(const struct ink *k, const struct packs *p, const struct assessment *n)
{
	picture_bands(k, p, n);
	for (uint32_t b = n->bands.effects_lo; b < p->n_bands && b <= n->bands.effects_hi; b++)
		fprintf(k->out, "           %s%s %s: opens %s%s\n", k->dim, p->band[b].id, p->band[b].name, p->band[b].opens, k->off);
}

static bool
same_reading(const struct divergence *x, const struct divergence *y)
{
	return x->a == y->a && x->condition == y->condition && x->reader == y->reader && x->lo == y->lo && x->hi == y->hi;
}

/* One line a reading: who stands higher than whom, by which position and condition. */
static void
show_difference(const struct ink *k, const struct packs *p, const struct divergence *d, uint32_t n, uint32_t at)
{
	const struct condition *c = d[at].condition;

	fprintf(k->out, "%s above", d[at].a->party->id);
	for (uint32_t i = at; i < n; i++)
		if (same_reading(&d[at], &d[i]))
			fprintf(k->out, "%s %s", i > at ? "," : "", d[i].b->party->id);
	fprintf(k->out, " (lo %+d, hi %+d)", d[at].lo, d[at].hi);
	if (!c)
		fprintf(k->out, ": several conditions together");
	else if (c->because)
		fprintf(k->out, ": %s's position on %s (%s) puts %s at %s%s%s", d[at].reader->id, c->because, position_code(d[at].reader, c->because), c->id,
		    p->band[c->band].id, c->upto > c->band ? " to " : "", c->upto > c->band ? p->band[c->upto].id : "");
	else
		fprintf(k->out, ": %s", c->id);
	fputc('\n', k->out);
}

static void
show_divergence(const struct ink *k, const struct packs *p, const struct bands *shown)
{
	struct divergence d[PARTIES_SHOWN * PARTIES_SHOWN];
	uint32_t count = bands_divergence(p, shown, d, PARTIES_SHOWN * PARTIES_SHOWN);

	picture_heading(k, "differ");
	if (!count)
		fprintf(k->out, "the intervals of these parties are equal\n");
	for (uint32_t i = 0, lines = 0; i < count && lines < 4; i++) {
		bool told = false;
		for (uint32_t m = 0; m < i && !told; m++)
			told = same_reading(&d[m], &d[i]);
		if (told)
			continue;
		fprintf(k->out, "%s", lines++ ? "           " : "");
		show_difference(k, p, d, count, i);
	}
}

/* Words of a list, broken at about 90 columns. */
struct flow_text {
	const struct ink *k;
	const char *head;
	unsigned column;
};

static void
word(struct flow_text *t, const char *w)
{
	unsigned n = (unsigned) strlen(w);

	if (t->head) {
		picture_heading(t->k, t->head);
		t->head = NULL;
		t->column = 11;
	} else if (t->column + n + 2 > 92) {
		fputs(",\n           ", t->k->out);
		t->column = 11;
	} else {
		fputs(", ", t->k->out);
		t->column += 2;
	}
	fputs(w, t->k->out);
	t->column += n;
}

static void
show_unknowns(const struct ink *k, const struct packs *p, const struct assessment *n)
{
	struct flow_text t = { .k = k, .head = "unknown" };

	if (!n->facts.circumstance)
		word(&t, "circumstance");
	if (!n->facts.attribution)
		word(&t, "attribution");
	for (uint32_t i = 0; i < p->n_human; i++)
		if (!n->facts.human[i].known)
			word(&t, p->human[i].name);
	if (n->i->unlisted)
		word(&t, "whose the unlisted hosts are");
	if (!t.head)
		fputc('\n', k->out);
}

static bool
same_change(const struct change *x, const struct change *y)
{
	return x->n == y->n && memcmp(x->fact, y->fact, x->n * sizeof(x->fact[0])) == 0 && memcmp(x->present, y->present, x->n * sizeof(x->present[0])) == 0
	    && x->lo == y->lo && x->hi == y->hi;
}

static bool
has_change(const struct party_band *b, const struct change *c)
{
	for (uint8_t k = 0; k < b->n_changes; k++)
		if (same_change(&b->change[k], c))
			return true;
	return false;
}

/* What would move the intervals, once for all parties for which it is the same. */
static void
show_changes(const struct ink *k, const struct packs *p, const struct bands *shown)
{
	struct buf words;
	unsigned lines = 0;

	buf_init(&words, 1024);
	for (uint32_t i = 0; i < shown->n; i++) {
		const struct party_band *b = &shown->party[i];
		for (uint8_t c = 0; c < b->n_changes && lines < 8; c++) {
			bool told = false;
			for (uint32_t m = 0; m < i && !told; m++)
				told = has_change(&shown->party[m], &b->change[c]);
			if (told)
				continue;
			buf_reset(&words);
			change_describe(p, &b->change[c], &words);
			picture_heading(k, lines++ ? "" : "if told");
			fprintf(k->out, "%s for", words.p);
			for (uint32_t m = i; m < shown->n; m++)
				if (has_change(&shown->party[m], &b->change[c]))
					fprintf(k->out, "%s %s", m > i ? "," : "", shown->party[m].party->id);
			fputc('\n', k->out);
		}
	}
	buf_clear(&words);
}

static void
show_instruments(const struct ink *k, const struct packs *p, const struct assessment *n)
{
	bool first = true;

	for (uint32_t i = 0; i < p->n_instruments; i++) {
		const struct instrument *x = &p->instrument[i];
		if (!instrument_fits(p, x, n))
			continue;
		picture_heading(k, first ? "raise" : "");
		first = false;
		fprintf(k->out, "%s: for consideration by ", x->id);
		for (uint32_t m = 0; m < x->n_decides; m++)
			fprintf(k->out, "%s%s", m ? ", " : "", x->decides[m]);
		fprintf(k->out, " %s(%s, %s%s)%s\n", k->dim, x->layer, strcmp(x->obliges, "none") == 0 ? "obliges to nothing" : x->obliges,
		    x->verified ? "" : ", source not read in full", k->off);
	}
}

static void
show_incident(const struct ink *k, const struct assess *a, const struct incident *i)
{
	const struct notes *n = i->legal;
	char first[CLOCK_EVE_LEN], last[CLOCK_EVE_LEN];

	clock_print_iso(i->first, first);
	clock_print_iso(i->last, last);
	fprintf(k->out, "\n%s%s%s  %s%s  %s … %s  revision %u\n", k->bold, i->id, k->off, a->conf.exercise ? "EXERCISE " : "",
	    incident_state_name[i->state], first, last, i->revision);
	show_what(k, a, i);
	if (!n || !n->assessed)
		return;
	show_scale(k, &n->now.facts.scale);
	struct bands shown = shown_parties(&n->now);
	show_bands(k, &a->packs, &n->now);
	show_divergence(k, &a->packs, &shown);
	show_unknowns(k, &a->packs, &n->now);
	show_changes(k, &a->packs, &shown);
	show_instruments(k, &a->packs, &n->now);
}

#define SHOWN_MAX 20

/* Highest band first, then the oldest. */
static bool
before(const struct incident *x, const struct incident *y)
{
	const struct notes *a = x->legal, *b = y->legal;
	unsigned hx = a ? a->now.bands.effects_hi * 16u + a->now.bands.effects_lo : 0, hy = b ? b->now.bands.effects_hi * 16u + b->now.bands.effects_lo : 0;

	return hx != hy ? hx > hy : x->number < y->number;
}

void
assess_summary(const struct assess *a, FILE *out, bool colour)
{
	struct ink k = ink_of(out, colour);
	const struct incident *shown[SHOWN_MAX];
	uint32_t n = 0, all = 0;

	for (uint32_t i = 0; i < incidents_count(a->incidents); i++) {
		const struct incident *x = incidents_at(a->incidents, i);
		uint32_t at;
		if (x->state == INCIDENT_MERGED)
			continue;
		all++;
		for (at = n; at > 0 && before(x, shown[at - 1]); at--)
			if (at < SHOWN_MAX)
				shown[at] = shown[at - 1];
		if (at < SHOWN_MAX)
			shown[at] = x;
		if (n < SHOWN_MAX)
			n++;
	}
	fprintf(out, "%scasus%s  sensor %s  %u incident%s\n", k.bold, k.off, a->sensor, all, all == 1 ? "" : "s");
	if (!all)
		fprintf(out, "  Nothing that tells of an effect was seen. Alerts, if any, are in eve.json.\n");
	for (uint32_t i = 0; i < n; i++)
		show_incident(&k, a, shown[i]);
	if (all > n)
		fprintf(out, "\n  %u more: casusctl incidents, or the incident records in eve.json\n", all - n);
	fprintf(out, "\n%sBands are prompts for officials, not findings; the sensor attributes nothing and decides nothing.%s\n", k.dim, k.off);
}
