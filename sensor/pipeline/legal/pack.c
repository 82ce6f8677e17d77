#include "pipeline/legal/release.h"

#include "pipeline/legal/advice.h"
#include "pipeline/legal/gauge.h"
#include "pipeline/legal/pack_private.h"
#include "pipeline/legal/questions.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"

static void
read_condition(struct pack_reader *r, const struct yaml *y, struct condition *c)
{
	static const char *const keys[] = { "id", "band", "upto", "when", "possible", "say", "because", "sources", NULL };

	yaml_only(y, keys, r->d);
	memset(c, 0, sizeof(*c));
	c->id = pack_text(r, y, "id", true);
	c->band = (uint8_t) pack_band(r, y, "band", true, 0);
	c->upto = (uint8_t) pack_band(r, y, "upto", false, c->band);
	c->say = pack_text(r, y, "say", true);
	c->because = pack_text(r, y, "because", false);
	if (c->upto < c->band)
		yaml_error(yaml_get(y, "upto"), r->d, "upto is below band: the same band or a higher one was expected");
	if (!yaml_get(y, "when"))
		yaml_error(y, r->d, "when is missing");
	c->when = pack_expr(r, yaml_get(y, "when"));
	c->possible = pack_expr(r, yaml_get(y, "possible"));
	pack_cites(r, y, c->cite, &c->n_cite);
}

static void
read_conditions(struct pack_reader *r, const struct yaml *list, struct condition *c, uint32_t *n)
{
	yaml_each(y, list)
	{
		if (*n == CONDITIONS_MAX) {
			yaml_error(y, r->d, "more than %d conditions", CONDITIONS_MAX);
			return;
		}
		read_condition(r, y, &c[*n]);
		(*n)++;
		pack_unique(r, y, "condition", c, *n, sizeof(*c));
	}
}

static void
read_ceilings(struct pack_reader *r, const struct yaml *list)
{
	static const char *const keys[] = { "band", "when", "need", "say", NULL };

	yaml_each(y, list)
	{
		struct condition *c = &r->p->ceiling[r->p->n_ceilings % CONDITIONS_MAX];
		if (r->p->n_ceilings == CONDITIONS_MAX) {
			yaml_error(y, r->d, "more than %d ceilings", CONDITIONS_MAX);
			return;
		}
		yaml_only(y, keys, r->d);
		memset(c, 0, sizeof(*c));
		c->band = (uint8_t) pack_band(r, y, "band", true, 0);
		c->say = pack_text(r, y, "say", true);
		c->when = pack_expr(r, yaml_get(y, "when"));
		c->need = pack_expr(r, yaml_get(y, "need"));
		if (!yaml_get(y, "when"))
			yaml_error(y, r->d, "when is missing");
		r->p->n_ceilings++;
	}
}

static void
read_bands(struct pack_reader *r, const struct yaml *map)
{
	static const char *const keys[] = { "id", "name", "opens", NULL };
	const struct yaml *list = yaml_get(map, "bands");

	if (!list || list->kind != YAML_LIST || list->n < 2 || list->n > BANDS_MAX) {
		yaml_error(list ? list : map, r->d, "bands: a list of 2 to %d bands was expected", BANDS_MAX);
		return;
	}
	yaml_each(y, list)
	{
		struct band *b = &r->p->band[r->p->n_bands++];
		yaml_only(y, keys, r->d);
		*b = (struct band) { pack_text(r, y, "id", true), pack_text(r, y, "name", true), pack_text(r, y, "opens", true) };
		pack_unique(r, y, "band", r->p->band, r->p->n_bands, sizeof(*b));
		if (r->p->n_bands > 1 && b->id && b[-1].id && strcmp(b->id, b[-1].id) < 0)
			yaml_error(y, r->d, "band %s stands after %s: the lowest first was expected, each name above the one before", b->id, b[-1].id);
	}
}

static void
read_human(struct pack_reader *r, const struct yaml *list)
{
	static const char *const keys[] = { "name", "help", NULL };

	yaml_each(y, list)
	{
		if (r->p->n_human == HUMAN_MAX) {
			yaml_error(y, r->d, "more than %d facts", HUMAN_MAX);
			return;
		}
		yaml_only(y, keys, r->d);
		r->p->human[r->p->n_human++] = (struct human_fact) { pack_text(r, y, "name", true), pack_text(r, y, "help", true) };
		pack_unique(r, y, "fact", r->p->human, r->p->n_human, sizeof(r->p->human[0]));
		if (r->p->human[r->p->n_human - 1].name && feature_index(r->p->human[r->p->n_human - 1].name) >= 0)
			yaml_error(y, r->d, "%s is a feature that the sensor measures: another name was expected", r->p->human[r->p->n_human - 1].name);
	}
	r->p->words.human = r->p->human;
	r->p->words.n_human = r->p->n_human;
}

/* A list of 1 to 8 words. */
static void
short_words(struct pack_reader *r, const struct yaml *map, const char *key, const char **out, uint32_t *n)
{
	const struct yaml *y = yaml_get(map, key);

	if (!y || y->kind != YAML_LIST || !y->n || y->n > 8) {
		yaml_error(y ? y : map, r->d, "%s: a list of 1 to 8 words was expected", key);
		return;
	}
	yaml_each(c, y)
	{
		const char *t = yaml_text(c, r->d);
		if (t)
			out[(*n)++] = arena_strdup(r->arena, t);
	}
}

/* The words of a list that must be among others. */
static void
check_among(struct pack_reader *r, const struct yaml *list, const char *const *words, uint32_t n, const char *what)
{
	yaml_each(y, list)
	{
		bool found = false;
		for (uint32_t i = 0; i < n && y->text; i++)
			found |= strcmp(words[i], y->text) == 0;
		if (!found)
			yaml_error(y, r->d, "\"%s\" is not one of the ladder's %s", y->text ? y->text : "", what);
	}
}

static void
check_actor(struct pack_reader *r, const struct yaml *y)
{
	for (uint32_t i = 0; y && y->text && i < r->p->n_actors; i++)
		if (strcmp(r->p->actors[i], y->text) == 0)
			return;
	if (y)
		yaml_error(y, r->d, "\"%s\" is not one of the ladder's actors", y->text ? y->text : "");
}

static void
read_limits(struct pack_reader *r, const struct yaml *list)
{
	static const char *const keys[] = { "actor", "band", "keeps", "say", "sources", NULL };

	yaml_each(y, list)
	{
		struct actor_limit *l = &r->p->limit[r->p->n_limits];
		if (r->p->n_limits == sizeof(r->p->limit) / sizeof(r->p->limit[0])) {
			yaml_error(y, r->d, "more than %zu limits", sizeof(r->p->limit) / sizeof(r->p->limit[0]));
			return;
		}
		yaml_only(y, keys, r->d);
		*l = (struct actor_limit) { .actor = pack_text(r, y, "actor", true), .say = pack_text(r, y, "say", true) };
		l->band = (uint8_t) pack_band(r, y, "band", true, 0);
		check_actor(r, yaml_get(y, "actor"));
		pack_words(r, yaml_get(y, "keeps"), &l->keeps, &l->n_keeps);
		pack_cites(r, y, l->cite, &l->n_cite);
		r->p->n_limits++;
	}
}

static void
read_says(struct pack_reader *r, const struct yaml *map)
{
	if (yaml_is_map(map, r->d) < 0)
		return;
	yaml_each(y, map)
	{
		uint32_t i = 0;
		while (i < r->p->n_circumstances && strcmp(r->p->circumstances[i], y->key) != 0)
			i++;
		const char *t = yaml_text(y, r->d);
		if (i == r->p->n_circumstances)
			yaml_error(y, r->d, "\"%s\" is not one of the ladder's circumstances", y->key);
		else if (t)
			r->p->circumstance_says[i] = arena_strdup(r->arena, t);
	}
}

#define SECONDS_MAX 1e9

static void
read_seconds(struct pack_reader *r, const struct yaml *y, int64_t *ns)
{
	double s = 0;

	if (!y || yaml_f64(y, &s, r->d) < 0)
		return;
	if (s < 0 || s > SECONDS_MAX)
		yaml_error(y, r->d, "%s: seconds from 0 to %g were expected", y->key, SECONDS_MAX);
	else
		*ns = (int64_t) (s * 1e9);
}

static void
read_ladder(struct pack_reader *r, const struct yaml *y)
{
	static const char *const keys[] = { "kind", "id", "version", "note", "bands", "assert_cap", "confirm_above", "low_coverage", "hold",
		"prelude", "facts", "circumstances", "circumstance_says", "attributions", "actors", "limits", "accumulate_in", "ceilings", "conditions", NULL };

	yaml_only(y, keys, r->d);
	read_bands(r, y);
	r->p->assert_cap = (uint8_t) pack_band(r, y, "assert_cap", true, 0);
	r->p->confirm_above = (uint8_t) pack_band(r, y, "confirm_above", true, 0);
	if (r->p->confirm_above < r->p->assert_cap)
		yaml_error(yaml_get(y, "confirm_above"), r->d, "confirm_above: a band not below assert_cap was expected");
	if (yaml_get(y, "low_coverage") && yaml_f64(yaml_get(y, "low_coverage"), &r->p->low_coverage, r->d) == 0
	    && (r->p->low_coverage < 0 || r->p->low_coverage > 1))
		yaml_error(yaml_get(y, "low_coverage"), r->d, "low_coverage: a share from 0 to 1 was expected");
	read_seconds(r, yaml_get(y, "hold"), &r->p->hold);
	read_seconds(r, yaml_get(y, "prelude"), &r->p->prelude);
	short_words(r, y, "circumstances", r->p->circumstances, &r->p->n_circumstances);
	short_words(r, y, "attributions", r->p->attributions, &r->p->n_attributions);
	short_words(r, y, "actors", r->p->actors, &r->p->n_actors);
	read_limits(r, pack_list(r, y, "limits"));
	read_says(r, yaml_get(y, "circumstance_says"));
	if (yaml_get(y, "accumulate_in")) {
		short_words(r, y, "accumulate_in", r->p->accumulate_in, &r->p->n_accumulate_in);
		check_among(r, yaml_get(y, "accumulate_in"), r->p->circumstances, r->p->n_circumstances, "circumstances");
	}
	read_human(r, pack_list(r, y, "facts"));
	read_ceilings(r, pack_list(r, y, "ceilings"));
	read_conditions(r, pack_list(r, y, "conditions"), r->p->common, &r->p->n_common);
}

static void
read_instrument(struct pack_reader *r, const struct yaml *y)
{
	static const char *const keys[] = { "id", "layer", "title", "date", "gloss_of", "trigger", "parties", "territories", "except", "obliges", "decides",
		"from", "say", "verified", "sources", "note", NULL };
	struct instrument *i = &r->p->instrument[r->p->n_instruments];

	if (r->p->n_instruments == INSTRUMENTS_MAX) {
		yaml_error(y, r->d, "more than %d instruments", INSTRUMENTS_MAX);
		return;
	}
	yaml_only(y, keys, r->d);
	memset(i, 0, sizeof(*i));
	i->id = pack_text(r, y, "id", true);
	i->layer = pack_text(r, y, "layer", true);
	i->title = pack_text(r, y, "title", true);
	i->obliges = pack_text(r, y, "obliges", true);
	i->say = pack_text(r, y, "say", true);
	i->from = (uint8_t) pack_band(r, y, "from", true, 0);
	pack_words(r, yaml_get(y, "parties"), &i->parties, &i->n_parties);
	pack_words(r, yaml_get(y, "territories"), &i->territories, &i->n_territories);
	pack_words(r, yaml_get(y, "except"), &i->except, &i->n_except);
	i->date = pack_text(r, y, "date", true);
	i->trigger = pack_text(r, y, "trigger", true);
	i->gloss_of = pack_text(r, y, "gloss_of", false);
	pack_words(r, yaml_get(y, "decides"), &i->decides, &i->n_decides);
	if (!i->n_parties || !i->n_decides)
		yaml_error(y, r->d, "parties and decides are needed");
	pack_cites(r, y, i->cite, &i->n_cite);
	pack_verified(r, y, i->cite, i->n_cite, &i->verified);
	r->p->n_instruments++;
	pack_unique(r, y, "instrument", r->p->instrument, r->p->n_instruments, sizeof(*i));
}

/* A party reads a condition of the ladder in its own way: another band, or a range of bands. */
static void
read_adjust(struct pack_reader *r, const struct yaml *list, struct party *p)
{
	static const char *const keys[] = { "condition", "band", "upto", "because", "say", "sources", NULL };

	uint64_t seen = 0;

	yaml_each(y, list)
	{
		const char *id = pack_text(r, y, "condition", true);
		struct condition *c = NULL;
		yaml_only(y, keys, r->d);
		for (uint32_t i = 0; id && i < p->n_cond; i++)
			if (p->cond[i].id && strcmp(p->cond[i].id, id) == 0)
				c = &p->cond[i];
		if (!c) {
			yaml_error(y, r->d, "the ladder has no condition \"%s\"", id ? id : "");
			continue;
		}
		if (seen >> (c - p->cond) & 1)
			yaml_error(y, r->d, "condition %s is adjusted already: once was expected", id);
		seen |= UINT64_C(1) << (c - p->cond);
		c->band = (uint8_t) pack_band(r, y, "band", true, c->band);
		c->upto = (uint8_t) pack_band(r, y, "upto", false, c->band);
		if (c->upto < c->band)
			yaml_error(yaml_get(y, "upto"), r->d, "upto is below band: the same band or a higher one was expected");
		c->because = pack_text(r, y, "because", true);
		if (yaml_get(y, "say"))
			c->say = pack_text(r, y, "say", true);
		c->n_cite = 0;
		pack_cites(r, y, c->cite, &c->n_cite);
	}
}

static void
read_positions(struct pack_reader *r, const struct yaml *map, struct party *p)
{
	static const char *const keys[] = { "code", "say", "verified", "sources", NULL };

	if (yaml_is_map(map, r->d) < 0)
		return;
	yaml_each(y, map)
	{
		struct position *x = &p->pos[p->n_pos];
		if (p->n_pos == sizeof(p->pos) / sizeof(p->pos[0])) {
			yaml_error(y, r->d, "more than %zu positions", sizeof(p->pos) / sizeof(p->pos[0]));
			return;
		}
		yaml_only(y, keys, r->d);
		*x = (struct position) { .key = arena_strdup(r->arena, y->key), .code = pack_text(r, y, "code", true), .say = pack_text(r, y, "say", false) };
		pack_cites(r, y, x->cite, &x->n_cite);
		pack_verified(r, y, x->cite, x->n_cite, &x->verified);
		p->n_pos++;
	}
}

/* Every reading names one of the party's own positions. */
static void
check_because(struct pack_reader *r, const struct yaml *list, const struct party *p)
{
	yaml_each(y, list)
	{
		const struct yaml *because = yaml_get(y, "because");
		bool found = !because || !because->text;
		for (uint32_t k = 0; k < p->n_pos && !found; k++)
			found = strcmp(p->pos[k].key, because->text) == 0;
		if (!found)
			yaml_error(because, r->d, "because: \"%s\" is none of the party's positions", because->text);
	}
}

/* How the party reads a condition when a person says whose work it is. */
static void
read_actor(struct pack_reader *r, const struct yaml *list, struct party *p)
{
	static const char *const keys[] = { "actor", "condition", "band", "upto", "need", "because", "say", "sources", NULL };

	yaml_each(y, list)
	{
		struct actor_reading *a = &p->actor[p->n_actor];
		bool found = false;
		if (p->n_actor == sizeof(p->actor) / sizeof(p->actor[0])) {
			yaml_error(y, r->d, "more than %zu readings", sizeof(p->actor) / sizeof(p->actor[0]));
			return;
		}
		yaml_only(y, keys, r->d);
		*a = (struct actor_reading) { .actor = pack_text(r, y, "actor", true), .condition = pack_text(r, y, "condition", true),
			.because = pack_text(r, y, "because", true), .say = pack_text(r, y, "say", true) };
		check_actor(r, yaml_get(y, "actor"));
		for (uint32_t i = 0; a->condition && i < p->n_cond; i++)
			found |= p->cond[i].id && strcmp(p->cond[i].id, a->condition) == 0;
		if (!found)
			yaml_error(yaml_get(y, "condition") ? yaml_get(y, "condition") : y, r->d, "no condition \"%s\"", a->condition ? a->condition : "");
		a->band = (uint8_t) pack_band(r, y, "band", true, 0);
		a->upto = (uint8_t) pack_band(r, y, "upto", false, a->band);
		if (a->upto < a->band)
			yaml_error(yaml_get(y, "upto"), r->d, "upto is below band: the same band or a higher one was expected");
		a->need = pack_expr(r, yaml_get(y, "need"));
		for (uint32_t i = 0; i < p->n_actor; i++)
			if (a->actor && a->condition && p->actor[i].actor && p->actor[i].condition && strcmp(p->actor[i].actor, a->actor) == 0
			    && strcmp(p->actor[i].condition, a->condition) == 0)
				yaml_error(y, r->d, "condition %s has a reading for %s already: one was expected", a->condition, a->actor);
		pack_cites(r, y, a->cite, &a->n_cite);
		p->n_actor++;
	}
}

/* accumulation: yes, accumulate: [ { linked: n, by: bands } | { linked: n, upto: band } ] */
static void
read_accumulation(struct pack_reader *r, const struct yaml *y, struct party *p)
{
	static const char *const keys[] = { "linked", "by", "upto", NULL };
	const struct yaml *list = yaml_get(y, "accumulate");

	if (yaml_get(y, "accumulation"))
		yaml_bool(yaml_get(y, "accumulation"), &p->accumulation, r->d);
	p->accumulate_from = (uint8_t) pack_band(r, y, "accumulate_from", false, 1);
	if (p->accumulation && (!list || list->kind != YAML_LIST || !list->n || list->n > 4))
		yaml_error(list ? list : y, r->d, "accumulate: a list of 1 to 4 steps such as { linked: 1, by: 1 } was expected");
	yaml_each(s, list)
	{
		uint64_t linked = 0, by = 0;
		if (p->n_steps == sizeof(p->step) / sizeof(p->step[0]))
			return;
		yaml_only(s, keys, r->d);
		if (yaml_u64(yaml_get(s, "linked"), &linked, 1000000, r->d) < 0 || !linked)
			yaml_error(s, r->d, "linked: a number of incidents, at least 1, was expected");
		if (yaml_get(s, "by"))
			yaml_u64(yaml_get(s, "by"), &by, BANDS_MAX, r->d);
		p->step[p->n_steps++] = (struct accumulation_step) { (uint32_t) linked, (uint8_t) by, (uint8_t) pack_band(r, s, "upto", !by, 0) };
	}
}

static void
read_party(struct pack_reader *r, const struct yaml *y)
{
	static const char *const keys[] = { "kind", "id", "name", "version", "date", "note", "order", "accumulation", "accumulate_from",
		"accumulate", "unread", "widen", "positions", "adjust", "actors", "conditions", NULL };
	struct party *p = &r->p->party[r->p->n_parties];
	uint64_t n = 0;

	if (r->p->n_parties == PARTIES_MAX) {
		yaml_error(y, r->d, "more than %d parties", PARTIES_MAX);
		return;
	}
	yaml_only(y, keys, r->d);
	memset(p, 0, sizeof(*p));
	p->id = pack_text(r, y, "id", true);
	p->name = pack_text(r, y, "name", true);
	p->date = pack_text(r, y, "date", true);
	p->unread = pack_text(r, y, "unread", false);
	p->file = arena_strdup(r->arena, y->file ? y->file : "");
	if (yaml_get(y, "version"))
		yaml_u64(yaml_get(y, "version"), &n, 1000000, r->d);
	p->version = (uint32_t) n;
	n = 0;
	if (yaml_get(y, "widen"))
		yaml_u64(yaml_get(y, "widen"), &n, BANDS_MAX, r->d);
	p->widen = (uint8_t) n;
	n = 100;
	if (yaml_get(y, "order"))
		yaml_u64(yaml_get(y, "order"), &n, 1000, r->d);
	p->order = (uint32_t) n;
	read_accumulation(r, y, p);
	memcpy(p->cond, r->p->common, sizeof(p->cond));
	p->n_cond = r->p->n_common;
	read_positions(r, yaml_get(y, "positions"), p);
	read_adjust(r, pack_list(r, y, "adjust"), p);
	read_conditions(r, pack_list(r, y, "conditions"), p->cond, &p->n_cond);
	read_actor(r, pack_list(r, y, "actors"), p);
	check_because(r, yaml_get(y, "adjust"), p);
	check_because(r, yaml_get(y, "actors"), p);
	check_because(r, yaml_get(y, "conditions"), p);
	for (uint32_t i = 0; p->id && i < r->p->n_parties; i++)
		if (r->p->party[i].id && strcmp(r->p->party[i].id, p->id) == 0)
			yaml_error(y, r->d, "party %s has a pack already (%s)", p->id, r->p->party[i].file);
	r->p->n_parties++;
}

static int
is_yaml(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && e->d_name[0] != '.' && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_files(struct pack_reader *r, const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, is_yaml, by_name);
	struct buf all;
	uint8_t sum[32];

	if (n < 0) {
		diag_error(r->d, dir, 0, 0, "policy packs: no such folder");
		return -1;
	}
	r->docs = calloc((size_t) n + 1, sizeof(*r->docs));
	buf_init(&all, 256 << 20);
	for (int i = 0; i < n; i++) {
		char path[1024];
		struct buf one;
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		free(list[i]);
		buf_init(&one, 64 << 20);
		if (buf_read_file(&one, path) < 0)
			diag_error(r->d, path, 0, 0, "cannot be read");
		else if (r->docs && yaml_read_text(&r->docs[r->n], path, span_of(one.p, one.n), r->d) == 0) {
			if (!r->docs[r->n].root) {
				diag_error(r->d, path, 1, 1, "the file is empty: a pack (kind, id, ...) was expected");
				yaml_clear(&r->docs[r->n]);
			} else {
				r->n++;
			}
		}
		buf_add(&all, one.p ? one.p : "", one.n);
		buf_clear(&one);
	}
	free(list);
	hash_sha256(span_of(all.p, all.n), sum);
	hash_hex(sum, 32, r->p->hash);
	buf_clear(&all);
	return 0;
}

static void
read_kind(struct pack_reader *r, const char *kind, void (*fn)(struct pack_reader *, const struct yaml *), uint32_t *found)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct yaml *k = yaml_get(r->docs[i].root, "kind");
		if (k && k->text && strcmp(k->text, kind) == 0) {
			fn(r, r->docs[i].root);
			(*found)++;
		}
	}
}

static void
read_instruments(struct pack_reader *r, const struct yaml *y)
{
	static const char *const keys[] = { "kind", "id", "version", "note", "instruments", NULL };

	yaml_only(y, keys, r->d);
	if (!yaml_get(y, "instruments"))
		yaml_error(y, r->d, "instruments: a list was expected");
	yaml_each(i, pack_list(r, y, "instruments")) read_instrument(r, i);
}

/* What a statement is a gloss of may stand in another file. */
static void
check_glosses(struct pack_reader *r)
{
	for (uint32_t f = 0; f < r->n; f++)
		yaml_each(y, yaml_get(r->docs[f].root, "instruments"))
		{
			const struct yaml *of = yaml_get(y, "gloss_of");
			bool found = !of || !of->text;
			for (uint32_t i = 0; i < r->p->n_instruments && !found; i++)
				found = r->p->instrument[i].id && strcmp(r->p->instrument[i].id, of->text) == 0;
			if (!found)
				yaml_error(of, r->d, "gloss_of: there is no \"%s\": the id of an instrument was expected", of->text);
		}
}

/* What a file may be; the ladder comes before all that speaks of its bands. */
static const struct {
	const char *kind;
	void (*read)(struct pack_reader *, const struct yaml *);
	bool once;
} kinds[] = { { "ladder", read_ladder, true }, { "instruments", read_instruments, false }, { "party", read_party, false },
	{ "severity", gauges_read_severity, true }, { "factors", gauges_read_factors, true }, { "responses", advice_read_responses, true },
	{ "support", advice_read_support, true }, { "clocks", advice_read_clocks, true },
	{ "release", release_read, true } };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void
check_kinds(struct pack_reader *r)
{
	for (uint32_t i = 0; i < r->n; i++) {
		const struct yaml *k = yaml_get(r->docs[i].root, "kind");
		size_t n = 0;
		while (n < KINDS && !(k && k->text && strcmp(k->text, kinds[n].kind) == 0))
			n++;
		if (n == KINDS)
			diag_error(r->d, r->docs[i].root->file, k ? k->line : 1, k ? k->column : 1, "kind: expected ladder, instruments, party, severity, factors, responses, support, clocks or release");
	}
}

static void
uses_of(const struct condition *c, uint32_t n, struct uses *u)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct expr *const parts[] = { c[i].when, c[i].need, c[i].possible };
		for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
			if (parts[k])
				expr_uses(parts[k], &u->features, &u->human);
	}
}

static void
note_uses(struct packs *p)
{
	uses_of(p->ceiling, p->n_ceilings, &p->ceiling_uses);
	for (uint32_t i = 0; i < p->n_parties; i++) {
		struct party *y = &p->party[i];
		uses_of(y->cond, y->n_cond, &y->uses);
		for (uint32_t k = 0; k < y->n_actor; k++)
			if (y->actor[k].need)
				expr_uses(y->actor[k].need, &y->uses.features, &y->uses.human);
	}
}

/* Who may raise an instrument, as bits. */
static void
note_parties(struct packs *p)
{
	for (uint32_t i = 0; i < p->n_parties; i++)
		p->party[i].bit = UINT32_C(1) << i;
	for (uint32_t i = 0; i < p->n_instruments; i++)
		for (uint32_t k = 0; k < p->instrument[i].n_parties; k++) {
			const struct party *y = packs_party(p, p->instrument[i].parties[k]);
			p->instrument[i].of |= y ? y->bit : 0;
		}
}

int
packs_read(struct packs *p, const char *dir, const struct effects *effects, struct diag *d)
{
	struct pack_reader r = { .p = p, .arena = &p->arena, .d = d };
	uint32_t errors = d->errors;

	memset(p, 0, sizeof(*p));
	arena_init(&p->arena, 256 << 20);
	p->words.effects = effects;
	p->party = calloc(PARTIES_MAX, sizeof(*p->party));
	p->instrument = calloc(INSTRUMENTS_MAX, sizeof(*p->instrument));
	if (!p->party || !p->instrument || read_files(&r, dir) < 0)
		goto done;
	for (size_t k = 0; k < KINDS; k++) {
		uint32_t found = 0;
		read_kind(&r, kinds[k].kind, kinds[k].read, &found);
		if (kinds[k].once && (found > 1 || (k == 0 && !found)))
			diag_error(d, dir, 0, 0, "%u files of kind %s: exactly one is needed", found, kinds[k].kind);
		if (k == 0 && p->n_bands < 2) { /* everything else speaks of its bands */
			diag_error(d, dir, 0, 0, "without the ladder's bands the other files cannot be checked");
			break;
		}
	}
	check_kinds(&r);
	check_glosses(&r);
	note_uses(p);
	if (d->errors == errors)
		note_parties(p);
	if (d->errors == errors && questions_note(p) < 0)
		diag_error(d, dir, 0, 0, "no memory");
done:
	for (uint32_t i = 0; i < r.n; i++)
		yaml_clear(&r.docs[i]);
	free(r.docs);
	return d->errors > errors ? -1 : 0;
}

void
packs_clear(struct packs *p)
{
	free(p->party);
	free(p->instrument);
	arena_clear(&p->arena);
	memset(p, 0, sizeof(*p));
}

int
packs_band(const struct packs *p, const char *id)
{
	for (uint32_t i = 0; i < p->n_bands; i++)
		if (p->band[i].id && strcmp(p->band[i].id, id) == 0)
			return (int) i;
	return -1;
}

const struct party *
packs_party(const struct packs *p, const char *id)
{
	for (uint32_t i = 0; i < p->n_parties; i++)
		if (p->party[i].id && strcmp(p->party[i].id, id) == 0)
			return &p->party[i];
	return NULL;
}

bool
territory_among(const char *const *list, uint32_t n, const char *territory)
{
	for (uint32_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);
		if (strncmp(list[i], territory, len) == 0 && (!territory[len] || territory[len] == '-'))
			return true;
	}
	return false;
}
