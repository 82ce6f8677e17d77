#include "pipeline/legal/differ.h"

#include <stdlib.h>

#include "base/buf.h"
#include "pipeline/legal/advice.h"
#include "pipeline/legal/gauge.h"

static bool
same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static const struct position *
find_position(const struct party *p, const char *key)
{
	for (uint32_t i = 0; i < p->n_pos; i++)
		if (strcmp(p->pos[i].key, key) == 0)
			return &p->pos[i];
	return NULL;
}

static const struct condition *
find_condition(const struct condition *c, uint32_t n, const char *id)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(c[i].id, id) == 0)
			return &c[i];
	return NULL;
}

static bool
same_cites(const struct cite *a, uint32_t na, const struct cite *b, uint32_t nb)
{
	if (na != nb)
		return false;
	for (uint32_t i = 0; i < na; i++)
		if (!same_text(a[i].text, b[i].text) || a[i].verified != b[i].verified || !same_text(a[i].note, b[i].note))
			return false;
	return true;
}

static void
write_position(FILE *out, const struct position *x)
{
	if (!x)
		fprintf(out, "no position");
	else
		fprintf(out, "%s%s%s%s%s", x->code, x->say ? " (in short: " : "", x->say ? x->say : "", x->say ? ")" : "", x->verified ? "" : ", not verified");
}

static void
write_bands(FILE *out, const struct packs *p, const struct condition *c)
{
	fprintf(out, "%s%s%s", p->band[c->band].id, c->upto > c->band ? " up to " : "", c->upto > c->band ? p->band[c->upto].id : "");
	if (c->because)
		fprintf(out, " because of its position on %s", c->because);
}

/* What both say of one key; `la`, `lb`: how the two are called. */
static uint32_t
differ_position(FILE *out, const char *key, const char *la, const struct position *a, const char *lb, const struct position *b, bool sources)
{
	if (a && b && same_text(a->code, b->code) && same_text(a->say, b->say) && a->verified == b->verified
	    && (!sources || same_cites(a->cite, a->n_cite, b->cite, b->n_cite)))
		return 0;
	if (!sources && a && b && same_text(a->code, b->code))
		return 0; /* parties of one code hold the same, whatever the words */
	fprintf(out, "  on %s: %s ", key, la);
	write_position(out, a);
	fprintf(out, "; %s ", lb);
	write_position(out, b);
	fprintf(out, "%s\n", a && b && same_text(a->code, b->code) && same_text(a->say, b->say) && a->verified == b->verified ? " (other sources)" : "");
	return 1;
}

static uint32_t
differ_positions(FILE *out, const struct party *a, const char *la, const struct party *b, const char *lb, bool sources)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n_pos; i++)
		n += differ_position(out, a->pos[i].key, la, &a->pos[i], lb, find_position(b, a->pos[i].key), sources);
	for (uint32_t i = 0; i < b->n_pos; i++)
		if (!find_position(a, b->pos[i].key))
			n += differ_position(out, b->pos[i].key, la, NULL, lb, &b->pos[i], sources);
	return n;
}

static void
describe_when(const struct packs *p, const struct condition *c, struct buf *out)
{
	buf_init(out, 8192);
	if (c->when)
		expr_describe(c->when, NULL, &p->words, out);
	if (c->possible) {
		buf_str(out, "; while unknown only if ");
		expr_describe(c->possible, NULL, &p->words, out);
	}
}

/* What a condition of two versions of the ladder asks for, and what it says. */
static uint32_t
differ_condition(FILE *out, const struct packs *pa, const struct condition *a, const struct packs *pb, const struct condition *b)
{
	struct buf x, y;
	uint32_t n = 0;

	describe_when(pa, a, &x);
	describe_when(pb, b, &y);
	if (!same_text(x.p, y.p) && ++n)
		fprintf(out, "  %s: asked for %s; now for %s\n", a->id, x.p ? x.p : "nothing", y.p ? y.p : "nothing");
	if (!same_text(a->say, b->say) && ++n)
		fprintf(out, "  %s: said \"%s\", now \"%s\"\n", a->id, a->say, b->say);
	if (!same_cites(a->cite, a->n_cite, b->cite, b->n_cite) && ++n)
		fprintf(out, "  %s: other sources\n", a->id);
	buf_clear(&x);
	buf_clear(&y);
	return n;
}

static uint32_t
differ_conditions(FILE *out, const struct packs *pa, const struct condition *a, uint32_t na, const char *la, const struct packs *pb,
    const struct condition *b, uint32_t nb, const char *lb)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < na; i++) {
		const struct condition *x = find_condition(b, nb, a[i].id);
		if (x && a == pa->common && pa != pb)
			n += differ_condition(out, pa, &a[i], pb, x);
		if (x && strcmp(pa->band[x->band].id, pa->band[a[i].band].id) == 0 && x->band == a[i].band && x->upto == a[i].upto
		    && same_text(x->because, a[i].because))
			continue;
		if (x && x->band == a[i].band && x->upto == a[i].upto && pa == pb)
			continue; /* parties that put it at the same bands for other reasons do not differ there */
		fprintf(out, "  %s: %s puts it at ", a[i].id, la);
		write_bands(out, pa, &a[i]);
		if (x) {
			fprintf(out, "; %s at ", lb);
			write_bands(out, pb, x);
		} else {
			fprintf(out, "; %s has no such condition", lb);
		}
		fputc('\n', out);
		n++;
	}
	for (uint32_t i = 0; i < nb; i++)
		if (!find_condition(a, na, b[i].id)) {
			fprintf(out, "  %s: only %s has it, at ", b[i].id, lb);
			write_bands(out, pb, &b[i]);
			fputc('\n', out);
			n++;
		}
	return n;
}

static uint32_t
differ_rest(FILE *out, const struct party *a, const char *la, const struct party *b, const char *lb)
{
	uint32_t n = 0;

	if (a->accumulation != b->accumulation) {
		fprintf(out, "  a series of operations: %s %s; %s %s\n", la, a->accumulation ? "lets it count as one" : "has each judged alone or has not said", lb,
		    b->accumulation ? "lets it count as one" : "has each judged alone or has not said");
		n++;
	}
	if (!same_text(a->unread, b->unread)) {
		fprintf(out, "  what is known: %s %s; %s %s\n", la, a->unread ? a->unread : "a position", lb, b->unread ? b->unread : "a position");
		n++;
	}
	if (a->widen != b->widen) {
		fprintf(out, "  widened by: %s %u bands; %s %u\n", la, a->widen, lb, b->widen);
		n++;
	}
	return n;
}

uint32_t
differ_parties(FILE *out, const struct packs *p, const struct party *a, const struct party *b)
{
	fprintf(out, "%s (%s, version %u) and %s (%s, version %u)\n", a->name, a->date, a->version, b->name, b->date, b->version);
	uint32_t n = differ_positions(out, a, a->id, b, b->id, false)
	    + differ_conditions(out, p, a->cond, a->n_cond, a->id, p, b->cond, b->n_cond, b->id) + differ_rest(out, a, a->id, b, b->id);
	if (!n)
		fprintf(out, "  no difference\n");
	return n;
}

/* ---- versions ---- */

static const struct instrument *
find_instrument(const struct packs *p, const char *id)
{
	for (uint32_t i = 0; i < p->n_instruments; i++)
		if (strcmp(p->instrument[i].id, id) == 0)
			return &p->instrument[i];
	return NULL;
}

static uint32_t
differ_instrument(FILE *out, const struct packs *pa, const struct instrument *a, const struct packs *pb, const struct instrument *b)
{
	if (!b) {
		fprintf(out, "  instrument %s: gone\n", a->id);
		return 1;
	}
	if (same_text(a->say, b->say) && same_text(a->obliges, b->obliges) && same_text(a->date, b->date) && same_text(a->layer, b->layer)
	    && same_text(a->trigger, b->trigger) && a->from == b->from && a->verified == b->verified && same_cites(a->cite, a->n_cite, b->cite, b->n_cite))
		return 0;
	fprintf(out, "  instrument %s:", a->id);
	if (a->from != b->from)
		fprintf(out, " raised from %s, now from %s;", pa->band[a->from].id, pb->band[b->from].id);
	if (!same_text(a->obliges, b->obliges))
		fprintf(out, " obliges to %s, now to %s;", a->obliges, b->obliges);
	if (!same_text(a->say, b->say))
		fprintf(out, " said \"%s\", now \"%s\";", a->say, b->say);
	if (a->verified != b->verified)
		fprintf(out, " %s;", b->verified ? "now verified" : "no longer verified");
	fprintf(out, " date, trigger, layer or sources may differ too\n");
	return 1;
}

static uint32_t
differ_instruments(FILE *out, const struct packs *a, const struct packs *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n_instruments; i++)
		n += differ_instrument(out, a, &a->instrument[i], b, find_instrument(b, a->instrument[i].id));
	for (uint32_t i = 0; i < b->n_instruments; i++)
		if (!find_instrument(a, b->instrument[i].id)) {
			fprintf(out, "  instrument %s: new\n", b->instrument[i].id);
			n++;
		}
	return n;
}

static uint32_t
differ_ladder(FILE *out, const struct packs *a, const struct packs *b)
{
	uint32_t n = 0;

	if (a->assert_cap != b->assert_cap && ++n)
		fprintf(out, "  a sensor alone says at most %s, now %s\n", a->band[a->assert_cap].id, b->band[b->assert_cap].id);
	if (a->low_coverage != b->low_coverage && ++n)
		fprintf(out, "  intervals widen below a coverage of %g, now %g\n", a->low_coverage, b->low_coverage);
	if (a->n_human != b->n_human && ++n)
		fprintf(out, "  %u facts that people tell, now %u\n", a->n_human, b->n_human);
	if (a->n_severity != b->n_severity && ++n)
		fprintf(out, "  %u severity scales, now %u\n", a->n_severity, b->n_severity);
	return n + differ_conditions(out, a, a->common, a->n_common, "the first", b, b->common, b->n_common, "the second");
}

/* A party's heading stands there only when something follows it. */
static uint32_t
differ_party(FILE *out, const struct packs *a, const struct party *x, const struct packs *b, const struct party *y)
{
	char *text = NULL;
	size_t size = 0;
	FILE *m = open_memstream(&text, &size);
	uint32_t n;

	if (!m)
		return 0;
	n = differ_positions(m, x, "was", y, "is", true) + differ_conditions(m, a, x->cond, x->n_cond, "the first", b, y->cond, y->n_cond, "the second")
	    + differ_rest(m, x, "was", y, "is");
	fclose(m);
	if (n || x->version != y->version)
		fprintf(out, "%s: version %u, now %u%s\n%s", x->name, x->version, y->version, n && x->version == y->version ? " (it should have been raised)" : "",
		    text ? text : "");
	free(text);
	return n;
}

uint32_t
differ_versions(FILE *out, const struct packs *a, const struct packs *b)
{
	uint32_t n;

	fprintf(out, "packs %.12s and %.12s\n", a->hash, b->hash);
	n = differ_ladder(out, a, b) + differ_instruments(out, a, b);
	for (uint32_t i = 0; i < a->n_parties; i++) {
		const struct party *x = &a->party[i], *y = packs_party(b, x->id);
		if (!y) {
			fprintf(out, "%s: gone\n", x->name);
			n++;
			continue;
		}
		n += differ_party(out, a, x, b, y);
	}
	for (uint32_t i = 0; i < b->n_parties; i++)
		if (!packs_party(a, b->party[i].id)) {
			fprintf(out, "%s: new\n", b->party[i].name);
			n++;
		}
	if (!n && strcmp(a->hash, b->hash) != 0)
		fprintf(out, "only wording, expressions of conditions, or what stands beside the bands differ: compare the files\n");
	return n;
}
