/* What a party gets of a record: the tree is walked once, and what no rule lets through is left out. */
#include "pipeline/legal/release.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define DEPTH 24
#define UNOWNED (UINT64_C(1) << 63) /* a list element about nobody's asset */

enum answer { NOT_MET, NOT_KNOWN, MET };

/* A place in the tree, to which members lead; the elements of a list are where the list is. */
struct place {
	const struct release_field *rule; /* that counts here */
	uint64_t *open;            /* rules that may still lead deeper: bit = index */
};

struct walk {
	const struct packs *p;
	const struct release *x;
	const struct party *party;
	uint32_t self;             /* the party's bit */
	const json_t *about;
	uint32_t owners;           /* parties whose assets were touched */
	uint8_t base;              /* the record's marking */
	const struct release_to *rec[16];
	uint32_t n_rec;
	struct place at[DEPTH + 1]; /* from the record itself to where the walk is */
	uint32_t depth, words;     /* words: of a set of rules */
	struct released *out;
};

static uint32_t
party_bit(const struct packs *p, const char *id)
{
	for (uint32_t i = 0; id && i < p->n_parties; i++)
		if (strcmp(p->party[i].id, id) == 0)
			return UINT32_C(1) << i;
	return 0;
}

/* ---- the record as a whole ---- */

static bool
among(const struct release_term *t, const char *word)
{
	for (uint32_t i = 0; word && i < t->n; i++)
		if (strcmp(t->words[i], word) == 0)
			return true;
	return false;
}

/* Of assets: met by any of them; unlisted ones may be anything. */
static enum answer
asset_term(const struct release_term *t, const json_t *about)
{
	const json_t *list = json_object_get(about, "assets"), *unknowns = json_object_get(about, "unknowns");
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++)
		if (among(t, json_string_value(json_object_get(json_array_get(list, i), t->of))))
			return MET;
	for (size_t i = 0; i < json_array_size(unknowns); i++) {
		const char *u = json_string_value(json_array_get(unknowns, i));
		if (u && strcmp(u, "asset") == 0)
			return NOT_KNOWN;
	}
	return n ? NOT_MET : NOT_KNOWN;
}

static enum answer
term(const struct release_term *t, const json_t *about)
{
	const char *name;
	json_t *v;

	if (!about)
		return NOT_KNOWN;
	if (strcmp(t->of, "exercise") == 0)
		return among(t, json_is_true(json_object_get(about, "exercise")) ? "yes" : "no") ? MET : NOT_MET;
	if (strcmp(t->of, "effect") != 0)
		return asset_term(t, about);
	json_object_foreach(json_object_get(about, "effects"), name, v)
		if (among(t, name))
			return MET;
	return json_is_object(json_object_get(about, "effects")) ? NOT_MET : NOT_KNOWN;
}

/* Unknown counts as met: rules add up to the more closed. */
static bool
applies(const struct release_record *r, const char *type, const json_t *about)
{
	bool mine = false;

	for (uint32_t i = 0; i < r->n_types; i++)
		mine |= strcmp(r->types[i], type) == 0;
	for (uint32_t i = 0; mine && i < r->n_terms; i++)
		mine = term(&r->term[i], about) != NOT_MET;
	return mine;
}

static bool
take_records(struct walk *w, const json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "event_type"));
	bool any = false;

	for (uint32_t i = 0; type && i < w->x->n_records; i++) {
		const struct release_record *r = &w->x->record[i];
		if (!applies(r, type, w->about))
			continue;
		any = true;
		if (r->marking > w->base)
			w->base = r->marking;
		if (!r->to.given)
			continue;
		if (w->n_rec == sizeof(w->rec) / sizeof(w->rec[0])) /* more than can be kept: closed */
			return false;
		w->rec[w->n_rec++] = &r->to;
	}
	return any;
}

/* ---- may the party have it? ---- */

static uint32_t
named(const struct walk *w, const struct release_to *to, uint64_t element, bool clients)
{
	uint32_t set = to->parties | (to->owner ? w->owners : 0) | (to->its_owner ? (uint32_t) element : 0), all;

	if (to->unowned && element == UNOWNED)
		set = UINT32_MAX;
	all = set;
	for (uint32_t i = 0; clients && i < w->p->n_parties; i++)
		if (set >> i & 1)
			all |= w->x->clients[i];
	return all;
}

static bool
may_have(const struct walk *w, uint8_t marking, const struct release_to *field, uint64_t element)
{
	const struct release_marking *m = &w->x->marking[marking];
	bool by_name = w->n_rec || (field && field->given);

	if (m->audience == AUDIENCE_NOBODY || (m->audience == AUDIENCE_COMMUNITY && !(w->x->community & w->self)) ||
	    (m->audience == AUDIENCE_NAMED && !by_name))
		return false;
	for (uint32_t i = 0; i < w->n_rec; i++)
		if (!(named(w, w->rec[i], 0, m->clients) & w->self))
			return false;
	return !field || !field->given || (named(w, field, element, m->clients) & w->self);
}

/* ---- the walk ---- */

static bool
part_fits(const struct walk *w, const char *part, const char *name)
{
	if (strcmp(part, "*") == 0)
		return true;
	return strcmp(strcmp(part, "{party}") == 0 ? w->party->id : part, name) == 0;
}

/* The longest path counts; of equally long ones the more exact. */
static bool
counts_more(const struct release_field *f, const struct release_field *best)
{
	if (!best || f->n != best->n)
		return !best || f->n > best->n;
	return f->rank > best->rank || (f->rank == best->rank && f->marking > best->marking);
}

/* One member deeper: only rules that led to where we are can lead on. */
static void
enter(struct walk *w, const char *name)
{
	const struct place *from = &w->at[w->depth++];
	struct place *to = &w->at[w->depth];

	to->rule = from->rule;
	for (uint32_t k = 0; k < w->words; k++) {
		to->open[k] = 0;
		for (uint64_t left = from->open[k]; left; left &= left - 1) {
			unsigned bit = (unsigned) __builtin_ctzll(left);
			const struct release_field *f = &w->x->field[k * 64 + bit];

			if (!part_fits(w, f->part[w->depth - 1], name))
				continue;
			if (f->n > w->depth)
				to->open[k] |= UINT64_C(1) << bit;
			else if (counts_more(f, to->rule))
				to->rule = f;
		}
	}
}

/* Room for the sets of rules of every depth; at the record itself all are open. NULL: no memory. */
static uint64_t *
walk_begin(struct walk *w)
{
	uint64_t *sets;

	w->words = w->x->n_fields / 64 + 1;
	sets = calloc((size_t) w->words * (DEPTH + 1), sizeof(*sets));
	for (uint32_t d = 0; sets && d <= DEPTH; d++)
		w->at[d].open = &sets[d * w->words];
	for (uint32_t i = 0; sets && i < w->x->n_fields; i++)
		sets[i / 64] |= UINT64_C(1) << i % 64;
	return sets;
}

/* Whose asset a list element is about. */
static uint64_t
element_owner(const struct walk *w, const json_t *o, uint64_t outer)
{
	const char *owner = json_string_value(json_object_get(o, "owner")), *asset = json_string_value(json_object_get(o, "asset"));
	const json_t *list = json_object_get(w->about, "assets");

	if (!json_is_object(o))
		return outer;
	if (!owner && !asset && !json_object_get(o, "party"))
		return outer ? outer : UNOWNED;
	if (!owner)
		owner = json_string_value(json_object_get(o, "party"));
	for (size_t i = 0; !owner && asset && i < json_array_size(list); i++) {
		const json_t *a = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(a, "name"));
		if (name && strcmp(name, asset) == 0)
			owner = json_string_value(json_object_get(a, "owner"));
	}
	return owner ? party_bit(w->p, owner) : 0;
}

static json_t *
keep(struct walk *w, const json_t *v, uint64_t element);

static json_t *
keep_object(struct walk *w, const json_t *v, uint64_t element, bool allowed)
{
	json_t *o = (json_object)(), *mark = json_object_get(v, "exercise");
	const char *name;
	json_t *member;

	if (w->depth == DEPTH) {
		w->out->partial = true;
		return o;
	}
	json_object_foreach((json_t *) (uintptr_t) v, name, member)
	{
		json_t *kept;
		enter(w, name);
		kept = keep(w, member, element);
		w->depth--;
		if (kept)
			json_object_set_new(o, name, kept);
	}
	/* a drill is never taken for an incident, whatever the rules say */
	if (json_object_size(o) && json_is_true(mark))
		json_object_set(o, "exercise", mark);
	if (json_object_size(o) || (allowed && !json_object_size(v)))
		return o;
	json_decref(o);
	return NULL;
}

static json_t *
keep_list(struct walk *w, const json_t *v, uint64_t element, bool allowed)
{
	json_t *list = (json_array)();

	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *e = json_array_get(v, i);
		json_t *kept = keep(w, e, element_owner(w, e, element));
		if (kept)
			json_array_append_new(list, kept);
	}
	if (json_array_size(list) || (allowed && !json_array_size(v)))
		return list;
	json_decref(list);
	return NULL;
}

static json_t *
keep(struct walk *w, const json_t *v, uint64_t element)
{
	const struct release_field *f = w->at[w->depth].rule;
	uint8_t marking = f && f->marking > w->base ? f->marking : w->base;
	bool allowed = f && may_have(w, marking, &f->to, element);
	json_t *kept = NULL;

	if (json_is_object(v))
		kept = keep_object(w, v, element, allowed);
	else if (json_is_array(v))
		kept = keep_list(w, v, element, allowed);
	else if (allowed)
		kept = json_deep_copy(v);
	if (!kept)
		w->out->partial = true;
	else if (marking > w->out->marking && (!json_is_object(v) && !json_is_array(v)))
		w->out->marking = marking;
	return kept;
}

static uint32_t
owners_of(const struct packs *p, const json_t *about)
{
	const json_t *list = json_object_get(about, "assets");
	uint32_t set = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		set |= party_bit(p, json_string_value(json_object_get(json_array_get(list, i), "owner")));
	return set;
}

int
release_to(const struct packs *p, const struct party *party, const json_t *record, const json_t *about, struct released *out)
{
	const json_t *own = json_object_get(json_object_get(record, "casus"), "incident");
	struct walk w = { .p = p, .x = p->release, .party = party, .self = party_bit(p, party->id), .out = out };
	uint64_t *sets;

	memset(out, 0, sizeof(*out));
	if (!p->release)
		return E_NOENT;
	w.about = about ? about : json_is_object(own) ? own : NULL;
	w.owners = owners_of(p, w.about);
	if (!json_is_object(record) || !(p->release->streams & w.self) || !take_records(&w, record) || !may_have(&w, w.base, NULL, 0))
		return 0;
	sets = walk_begin(&w);
	if (!sets)
		return E_NOMEM;
	out->marking = w.base;
	out->record = keep(&w, record, 0);
	free(sets);
	for (uint32_t i = 0; i < w.n_rec; i++) {
		uint32_t set = named(&w, w.rec[i], 0, p->release->marking[w.base].clients);
		out->to = i ? out->to & set : set;
	}
	return 0;
}

void
released_clear(struct released *r)
{
	json_decref(r->record);
	memset(r, 0, sizeof(*r));
}

bool
release_has_stream(const struct packs *p, const struct party *party)
{
	return p->release && (p->release->streams & party_bit(p, party->id));
}

char *
release_text(const struct packs *p, const struct party *party, const json_t *record, const json_t *about)
{
	struct released out;
	json_t *casus, *told, *to;
	char *text = NULL;

	if (release_to(p, party, record, about, &out) < 0 || !out.record) {
		released_clear(&out);
		return NULL;
	}
	casus = json_object_get(out.record, "casus");
	if (!casus) {
		casus = (json_object)();
		json_object_set_new(out.record, "casus", casus);
	}
	told = (json_object)();
	json_object_set_new(told, "party", json_string(party->id));
	json_object_set_new(told, "marking", json_string(p->release->marking[out.marking].id));
	to = (json_array)();
	for (uint32_t i = 0; i < p->n_parties; i++)
		if (out.to >> i & 1)
			json_array_append_new(to, json_string(p->party[i].id));
	json_object_set_new(told, "releasable_to", to);
	json_object_set_new(told, "partial", json_boolean(out.partial));
	json_object_set_new(told, "pack_hash", json_string(p->hash));
	json_object_set_new(casus, "release", told);
	text = json_dumps(out.record, JSON_COMPACT);
	released_clear(&out);
	return text;
}
