/* What a party gets of a record: its tree is written once as text, in pieces; for each party the pieces are put together that its
 * rules let through. */
#include "pipeline/legal/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#define DEPTH 24
#define TEXT_MAX (16U << 20)
#define UNOWNED (UINT64_C(1) << 63) /* a list element about nobody's asset */

enum answer { NOT_MET, NOT_KNOWN, MET };

/* A place in the tree, to which members lead; the elements of a list are where the list is. */
struct place {
	const struct release_field *rule; /* that counts here */
	uint64_t *open;            /* rules that may still lead deeper: bit = index */
};

/* A value of the record in the order of its text. */
struct piece {
	char *name;                /* of a member, else NULL: the tree's */
	uint32_t name_at, name_n;  /* "name": as JSON, in the view's text */
	uint32_t at, n;            /* the value, if it is neither object nor list */
	uint32_t next;             /* index behind all that is in it */
	char kind;                 /* { [ or v */
	bool empty, too_deep, exercise;
	uint64_t element;          /* whose asset the list element around it is about */
};

struct release_view {
	const struct packs *p;
	const struct release *x;
	const json_t *about;
	uint32_t owners;           /* parties whose assets were touched */
	uint8_t base;              /* the record's marking */
	const struct release_to *rec[16];
	uint32_t n_rec;
	struct piece *piece;
	uint32_t n, cap;
	struct buf text;           /* names and values */
	uint64_t *sets;            /* rules open at each depth */
	uint32_t words;            /* of one set */
	bool failed;
};

struct walk {
	const struct release_view *w;
	const struct party *party;
	uint32_t self;             /* the party's bit */
	struct place at[DEPTH + 1]; /* from the record itself to where the walk is */
	uint32_t depth;
	struct buf *out;
	size_t casus_end;          /* where the object casus closes; 0: nothing of it is told */
	uint8_t marking;           /* of the most closed field told, and of the record */
	bool partial;              /* something was kept back */
	bool odd;                  /* casus is no object: there is no place to say under which marking */
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
take_records(struct release_view *w, const json_t *record)
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
named(const struct release_view *w, const struct release_to *to, uint64_t element, bool clients)
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
may_have(const struct release_view *w, uint32_t self, uint8_t marking, const struct release_to *field, uint64_t element)
{
	const struct release_marking *m = &w->x->marking[marking];
	bool by_name = w->n_rec || (field && field->given);

	if (m->audience == AUDIENCE_NOBODY || (m->audience == AUDIENCE_COMMUNITY && !(w->x->community & self)) ||
	    (m->audience == AUDIENCE_NAMED && !by_name))
		return false;
	for (uint32_t i = 0; i < w->n_rec; i++)
		if (!(named(w, w->rec[i], 0, m->clients) & self))
			return false;
	return !field || !field->given || (named(w, field, element, m->clients) & self);
}

/* ---- the pieces ---- */

/* Whose asset a list element is about. */
static uint64_t
element_owner(const struct release_view *w, const json_t *o, uint64_t outer)
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

static int
add_bytes(const char *bytes, size_t n, void *buf)
{
	return buf_add(buf, bytes, n);
}

static void
add_value(struct release_view *w, const json_t *v, uint32_t *at, uint32_t *n)
{
	*at = (uint32_t) w->text.n;
	if (json_dump_callback(v, add_bytes, &w->text, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		w->failed = true;
	*n = (uint32_t) w->text.n - *at;
}

static void
add_name(struct release_view *w, struct piece *x, const char *name)
{
	json_t *text = json_string(name);

	x->name = (char *) (uintptr_t) name;
	add_value(w, text, &x->name_at, &x->name_n);
	if (buf_add(&w->text, ":", 1) < 0)
		w->failed = true;
	x->name_n++;
	json_decref(text);
}

static struct piece *
piece_new(struct release_view *w)
{
	if (w->n == w->cap) {
		uint32_t cap = w->cap ? 2 * w->cap : 512;
		struct piece *more = realloc(w->piece, cap * sizeof(*more));
		if (!more) {
			w->failed = true;
			return NULL;
		}
		w->piece = more;
		w->cap = cap;
	}
	w->piece[w->n] = (struct piece) { 0 };
	return &w->piece[w->n++];
}

static void
add_piece(struct release_view *w, const char *name, const json_t *v, uint64_t element, uint32_t depth)
{
	uint32_t mine = w->n; /* by index: pieces move when there are more */
	struct piece *x = w->failed ? NULL : piece_new(w);
	const char *key;
	json_t *m;

	if (!x)
		return;
	if (name)
		add_name(w, x, name);
	x->element = element;
	x->kind = json_is_object(v) ? '{' : json_is_array(v) ? '[' : 'v';
	x->too_deep = x->kind == '{' && depth == DEPTH;
	x->empty = x->kind == '{' ? !json_object_size(v) : !json_array_size(v);
	x->exercise = json_is_true(json_object_get(v, "exercise"));
	if (x->kind == 'v')
		add_value(w, v, &x->at, &x->n);
	for (size_t i = 0; i < json_array_size(v); i++)
		add_piece(w, NULL, json_array_get(v, i), element_owner(w, json_array_get(v, i), element), depth);
	if (json_is_object(v) && depth < DEPTH)
		json_object_foreach((json_t *) (uintptr_t) v, key, m)
			add_piece(w, key, m, element, depth + 1);
	w->piece[mine].next = w->n;
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

static bool
for_somebody(const struct release_view *w)
{
	bool any = false;

	for (uint32_t i = 0; !any && i < w->p->n_parties; i++)
		any = w->x->streams >> i & 1 && may_have(w, UINT32_C(1) << i, w->base, NULL, 0);
	return any;
}

void
release_view_free(struct release_view *w)
{
	if (!w)
		return;
	buf_clear(&w->text);
	free(w->piece);
	free(w->sets);
	free(w);
}

struct release_view *
release_view_new(const struct packs *p, const json_t *record, const json_t *about)
{
	const json_t *own = json_object_get(json_object_get(record, "casus"), "incident");
	struct release_view *w = p->release && json_is_object(record) ? calloc(1, sizeof(*w)) : NULL;

	if (!w)
		return NULL;
	w->p = p;
	w->x = p->release;
	w->about = about ? about : json_is_object(own) ? own : NULL;
	w->owners = owners_of(p, w->about);
	w->words = w->x->n_fields / 64 + 1;
	w->sets = calloc((size_t) w->words * (DEPTH + 1), sizeof(*w->sets));
	buf_init(&w->text, TEXT_MAX);
	if (w->sets && take_records(w, record) && for_somebody(w))
		add_piece(w, NULL, record, 0, 0);
	if (w->sets && w->n && !w->failed)
		return w;
	release_view_free(w);
	return NULL;
}

/* ---- the walk ---- */

static bool
part_fits(const struct walk *k, const char *part, const char *name)
{
	if (strcmp(part, "*") == 0)
		return true;
	return strcmp(strcmp(part, "{party}") == 0 ? k->party->id : part, name) == 0;
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
enter(struct walk *k, const char *name)
{
	const struct place *from = &k->at[k->depth++];
	struct place *to = &k->at[k->depth];

	to->rule = from->rule;
	for (uint32_t word = 0; word < k->w->words; word++) {
		to->open[word] = 0;
		for (uint64_t left = from->open[word]; left; left &= left - 1) {
			unsigned bit = (unsigned) __builtin_ctzll(left);
			const struct release_field *f = &k->w->x->field[word * 64 + bit];

			if (!part_fits(k, f->part[k->depth - 1], name))
				continue;
			if (f->n > k->depth)
				to->open[word] |= UINT64_C(1) << bit;
			else if (counts_more(f, to->rule))
				to->rule = f;
		}
	}
}

static bool
nothing_open(const struct walk *k)
{
	const struct place *here = &k->at[k->depth];
	bool none = !here->rule;

	for (uint32_t word = 0; none && word < k->w->words; word++)
		none = !here->open[word];
	return none;
}

static void
put(struct walk *k, const void *p, size_t n)
{
	buf_add(k->out, p, n);
}

static bool keep(struct walk *k, uint32_t i);

/* Members or elements with commas between them. True: there is one. */
static bool
keep_inside(struct walk *k, uint32_t i)
{
	const struct piece *x = &k->w->piece[i], *m;
	bool any = false, marked = false;

	for (uint32_t c = i + 1; !x->too_deep && c < x->next; c = m->next) {
		size_t was = k->out->n;
		bool kept;
		m = &k->w->piece[c];
		if (any)
			put(k, ",", 1);
		if (m->name) {
			put(k, k->w->text.p + m->name_at, m->name_n);
			enter(k, m->name);
		}
		kept = keep(k, c);
		if (m->name)
			k->depth--;
		if (!kept)
			k->out->n = was;
		any |= kept;
		marked |= kept && m->name && strcmp(m->name, "exercise") == 0;
		if (kept && i == 0 && strcmp(m->name, "casus") == 0) {
			k->casus_end = k->out->n - 1;
			k->odd = m->kind != '{';
		}
	}
	/* a drill is never taken for an incident, whatever the rules say */
	if (any && x->exercise && !marked)
		put(k, ",\"exercise\":true", 16);
	return any;
}

/* Writes what the party may have of it; false: nothing, and what was written does not count. */
static bool
keep(struct walk *k, uint32_t i)
{
	const struct piece *x = &k->w->piece[i];
	const struct release_field *f = k->at[k->depth].rule;
	uint8_t marking = f && f->marking > k->w->base ? f->marking : k->w->base;
	bool allowed = f && may_have(k->w, k->self, marking, &f->to, x->element), kept;

	if (x->kind == 'v') {
		kept = allowed;
		put(k, k->w->text.p + x->at, kept ? x->n : 0);
		k->marking = kept && marking > k->marking ? marking : k->marking;
	} else if (nothing_open(k) && !x->too_deep) {
		kept = false;
	} else {
		put(k, x->kind == '{' ? "{" : "[", 1);
		kept = keep_inside(k, i) || (allowed && x->empty) || x->too_deep;
		put(k, x->kind == '{' ? "}" : "]", 1);
	}
	k->partial |= !kept || x->too_deep;
	return kept;
}

/* ---- for one party ---- */

static uint32_t
named_parties(const struct release_view *w)
{
	uint32_t to = 0;

	for (uint32_t i = 0; i < w->n_rec; i++) {
		uint32_t set = named(w, w->rec[i], 0, w->x->marking[w->base].clients);
		to = i ? to & set : set;
	}
	return to;
}

/* `release` of its `casus`: for whom, under which marking, whether it is partial. */
static json_t *
about_release(const struct walk *k)
{
	const struct packs *p = k->w->p;
	uint32_t set = named_parties(k->w);
	json_t *told = (json_object)(), *to = (json_array)();

	json_object_set_new(told, "party", json_string(k->party->id));
	json_object_set_new(told, "marking", json_string(p->release->marking[k->marking].id));
	for (uint32_t i = 0; i < p->n_parties; i++)
		if (set >> i & 1)
			json_array_append_new(to, json_string(p->party[i].id));
	json_object_set_new(told, "releasable_to", to);
	json_object_set_new(told, "partial", json_boolean(k->partial));
	json_object_set_new(told, "pack_hash", json_string(p->hash));
	return told;
}

static char *
finish(struct walk *k)
{
	bool inside = k->casus_end != 0;
	size_t at = inside ? k->casus_end : k->out->n - 1, n;
	json_t *told = about_release(k);
	char *text = json_dumps(told, JSON_COMPACT), *all = NULL;
	const char *comma = k->out->p[at - 1] == '{' ? "" : ",";

	json_decref(told);
	n = text ? k->out->n + strlen(text) + 64 : 0;
	all = n ? malloc(n) : NULL;
	if (all)
		snprintf(all, n, inside ? "%.*s%s\"release\":%s%s" : "%.*s%s\"casus\":{\"release\":%s}%s", (int) at, k->out->p, comma, text, k->out->p + at);
	free(text);
	return all;
}

char *
release_view_text(const struct release_view *w, const struct party *party)
{
	struct walk k = { .w = w, .party = party, .self = party_bit(w->p, party->id), .marking = w->base };
	struct buf out;
	char *text = NULL;

	if (!(w->x->streams & k.self) || !may_have(w, k.self, w->base, NULL, 0))
		return NULL;
	for (uint32_t d = 0; d <= DEPTH; d++)
		k.at[d].open = &w->sets[d * w->words];
	memset(k.at[0].open, 0, w->words * sizeof(uint64_t));
	for (uint32_t i = 0; i < w->x->n_fields; i++)
		k.at[0].open[i / 64] |= UINT64_C(1) << i % 64;
	buf_init(&out, TEXT_MAX);
	k.out = &out;
	if (keep(&k, 0) && !out.full && !k.odd)
		text = finish(&k);
	buf_clear(&out);
	return text;
}

char *
release_text(const struct packs *p, const struct party *party, const json_t *record, const json_t *about)
{
	struct release_view *w = release_view_new(p, record, about);
	char *text = w ? release_view_text(w, party) : NULL;

	release_view_free(w);
	return text;
}

bool
release_has_stream(const struct packs *p, const struct party *party)
{
	return p->release && (p->release->streams & party_bit(p, party->id));
}

bool
release_is_about(const struct packs *p, struct span type)
{
	for (uint32_t i = 0; p->release && i < p->release->n_records; i++)
		for (uint32_t k = 0; k < p->release->record[i].n_types; k++)
			if (span_eq(type, span_str(p->release->record[i].types[k])))
				return true;
	return false;
}
