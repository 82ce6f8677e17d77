#include "pipeline/legal/picture.h"

struct ink
ink_of(FILE *out, bool colour)
{
	return (struct ink) { out, colour ? "\033[1m" : "", colour ? "\033[2m" : "", colour ? "\033[33m" : "", colour ? "\033[0m" : "" };
}

void
picture_heading(const struct ink *k, const char *text)
{
	fprintf(k->out, "  %s%-9s%s", k->dim, text, k->off);
}

static bool
owns(const struct party *p, const struct incident *i)
{
	for (uint32_t k = 0; k < i->n_assets; k++)
		if (strcmp(i->assets[k]->owner, p->id) == 0 || strcmp(i->assets[k]->territory, p->id) == 0)
			return true;
	return false;
}

static int
rank(const struct party *p, const struct incident *i)
{
	return (owns(p, i) ? 0 : 100000) + (int) p->order;
}

void
picture_order(struct bands *b, const struct incident *i)
{
	for (uint32_t n = 1; n < b->n; n++)
		for (uint32_t k = n; k > 0 && rank(b->party[k].party, i) < rank(b->party[k - 1].party, i); k--) {
			struct party_band t = b->party[k];
			b->party[k] = b->party[k - 1];
			b->party[k - 1] = t;
		}
}

/* One interval on the ladder: ├──●──┤ */
static void
line(const struct ink *k, const struct packs *p, const struct party_band *b, bool confirmed)
{
	bool unconfirmed = b->hi > p->confirm_above && !confirmed && !b->capped;

	for (uint32_t n = 0; n < p->n_bands; n++) {
		bool in = n >= b->lo && n <= b->hi, after = in && n < b->hi;
		const char *sign = !in ? "·" : n == b->likely ? "●" : n == b->lo ? "├" : n == b->hi ? "┤" : "─";
		fprintf(k->out, "%s%s%s%s", in ? k->mark : k->dim, sign, after ? "─────" : "     ", k->off);
	}
	fprintf(k->out, " %s–%s, likely %s%s%s%s%s", p->band[b->lo].id, p->band[b->hi].id, p->band[b->likely].id,
	    b->capped ? ", a person must confirm more" : "", unconfirmed ? ", unconfirmed above " : "",
	    unconfirmed ? p->band[p->confirm_above].id : "", b->widened && b->party->unread ? ", position not known" : "");
}

static bool
alike(const struct party_band *x, const struct party_band *y)
{
	return x->lo == y->lo && x->likely == y->likely && x->hi == y->hi && !x->party->unread == !y->party->unread;
}

void
picture_bands(const struct ink *k, const struct packs *p, const struct assessment *n)
{
	struct bands b = n->bands;
	bool told[PARTIES_MAX] = { false };
	uint32_t at = 0;

	picture_order(&b, n->i);
	picture_heading(k, "bands");
	fprintf(k->out, "%-7s", "");
	for (uint32_t i = 0; i < p->n_bands; i++)
		fprintf(k->out, "%-6s", p->band[i].id);
	fprintf(k->out, "%sindicative; if the acts are attributed to a State%s\n", k->dim, k->off);
	for (; at < b.n && owns(b.party[at].party, n->i); at++) {
		fprintf(k->out, "           %s%-7s%s", k->bold, b.party[at].party->id, k->off);
		line(k, p, &b.party[at], n->confirmed);
		fputc('\n', k->out);
	}
	for (uint32_t i = at; i < b.n; i++) {
		if (told[i])
			continue;
		fprintf(k->out, "           %-7s", i == at ? at ? "others" : "" : "");
		line(k, p, &b.party[i], n->confirmed);
		for (uint32_t m = i; m < b.n; m++)
			if (alike(&b.party[i], &b.party[m])) {
				fprintf(k->out, "%s %s%s%s", m > i ? "," : ":", k->bold, b.party[m].party->id, k->off);
				told[m] = true;
			}
		fputc('\n', k->out);
	}
}
