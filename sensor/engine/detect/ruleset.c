/*
 * ruleset - builds everything workers need of the rules, and takes it apart again.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/huge.h"
#include "engine/detect/explain_private.h"
#include "engine/detect/plans.h"
#include "engine/detect/reputation.h"
#include "engine/detect/ruleset.h"

/* Room for one more element in *(T **) vec; doubles. */
int
vec_grow(void *vec, uint32_t n, uint32_t *cap, size_t size)
{
	void **v = vec;

	if (n < *cap)
		return 0;
	uint32_t want = *cap ? *cap * 2 : 16;
	void *p = realloc(*v, want * size);
	if (!p)
		return E_NOMEM;
	*v = p;
	*cap = want;
	return 0;
}

/* ---- own copies of the rules' address and port sets ---- */

const struct addr_set *
ruleset_addr_set(struct ruleset *r, const struct addr_set *s)
{
	void **v = s ? id_map_at(r->copies, (uintptr_t) s) : NULL;

	if (!v)
		return NULL;
	if (!*v) {
		struct addr_set *c = arena_zalloc(&r->arena, sizeof(*c));
		if (!c || !(c->r = arena_alloc(&r->arena, (s->n + 1) * sizeof(*c->r))))
			return NULL;
		memcpy(c->r, s->r, s->n * sizeof(*c->r));
		c->n = c->cap = s->n;
		*v = c;
	}
	return *v;
}

const struct port_set *
ruleset_port_set(struct ruleset *r, const struct port_set *s)
{
	void **v = id_map_at(r->copies, (uintptr_t) s);

	if (!v)
		return NULL;
	if (!*v) {
		struct port_set *c = arena_zalloc(&r->arena, sizeof(*c));
		if (!c || !(c->r = arena_alloc(&r->arena, (s->n + 1) * sizeof(*c->r))))
			return NULL;
		memcpy(c->r, s->r, s->n * sizeof(*c->r));
		c->n = s->n;
		*v = c;
	}
	return *v;
}

/* ---- building ---- */

struct order_key {
	uint64_t rank;
	uint32_t place;
};

struct built {
	struct fast *fasts;
	struct order_key *keys;
	struct build_card *cards;
	uint32_t n;
};

static int
build_all(struct build *b, struct built *out)
{
	const struct rule_set *rules = b->in->rules;
	uint32_t n = rules->n + 1;

	b->rs->sigs = arena_alloc(&b->rs->arena, n * sizeof(*b->rs->sigs));
	out->fasts = calloc(n, sizeof(*out->fasts));
	out->keys = calloc(n, sizeof(*out->keys));
	out->cards = calloc(n, sizeof(*out->cards));
	if (!b->rs->sigs || !out->fasts || !out->keys || !out->cards)
		return -1;
	for (uint32_t i = 0; i < rules->n; i++) {
		uint32_t k = out->n;
		int e = build_one(b, rules->rules[i], &b->rs->sigs[k], &out->fasts[k], &out->keys[k].rank);
		if (e == 0)
			b->rs->report.skipped++;
		else if (e < 0)
			b->rs->report.failed++;
		if (e <= 0)
			continue;
		struct card_threshold *t = NULL;
		if (b->n_thresholds) {
			if (!(t = arena_alloc(&b->rs->arena, b->n_thresholds * sizeof(*t))))
				return -1;
			memcpy(t, b->thresholds, b->n_thresholds * sizeof(*t));
		}
		out->cards[k] = (struct build_card) { rules->rules[i], t, b->n_thresholds, b->target };
		out->keys[k].place = k;
		b->rs->sigs[k].card = k;
		out->n++;
	}
	return 0;
}

static int
key_compare(const void *a, const void *b)
{
	const struct order_key *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* Rules into signature order, fasts with them; cards stay in the order of the files. */
static void
put_in_order(struct ruleset *r, struct built *b)
{
	qsort(b->keys, b->n, sizeof(*b->keys), key_compare);
	for (uint32_t i = 0; i < b->n; i++) { /* each ring of places that follow one another, once */
		struct sig sig = r->sigs[i];
		struct fast fast = b->fasts[i];
		uint32_t at = i, from;
		while ((from = b->keys[at].place) != i) {
			r->sigs[at] = r->sigs[from];
			b->fasts[at] = b->fasts[from];
			b->keys[at].place = at;
			at = from;
		}
		r->sigs[at] = sig;
		b->fasts[at] = fast;
		b->keys[at].place = at;
	}
	r->n = b->n;
}

static int
list_bodies(struct ruleset *r)
{
	for (unsigned p = 0; p < protocol_table_n; p++) {
		uint32_t n = 0;
		each_field(f, protocol_table[p])
			n += f->kind == FIELD_BODY;
		if (!(r->bodies[p] = arena_zalloc(&r->arena, (n + 1) * sizeof(*r->bodies[p]))))
			return -1;
		n = 0;
		each_field(f, protocol_table[p])
			if (f->kind == FIELD_BODY)
				r->bodies[p][n++] = f;
	}
	return 0;
}

static int
finish(struct ruleset *r, const struct ruleset_in *in, struct built *b, struct diag *d)
{
	put_in_order(r, b);
	if (in->conf->keep_fast) {
		struct fast *f = arena_alloc(&r->arena, (r->n + 1) * sizeof(*f));
		if (!f)
			return -1;
		memcpy(f, b->fasts, r->n * sizeof(*f));
		r->fasts = f;
	}
	if (list_bodies(r) < 0 || ends_build(r) < 0 || ruleset_group(r, b->fasts, d) < 0 || !(r->iponly = iponly_build(r)))
		return -1;
	for (uint32_t i = 0; i < r->n; i++) {
		if (in->conf->explain && r->sigs[i].rule->sid == explain_wants(in->conf->explain))
			explain_rule(in->conf->explain, r, i, r->sigs[i].rule, &b->fasts[i]);
		r->sigs[i].rule = NULL;
	}
	if (!(r->cards = cards_build(in, b->cards, b->n)))
		return -1;
	rule_set_hash(in->rules, r->cards->hash);
	r->report.loaded = r->cards->loaded = b->n;
	r->report.failed += in->rules->failed;
	r->cards->failed = r->report.failed;
	r->cards->skipped = r->report.skipped;
	return 0;
}

struct ruleset *
ruleset_build(const struct ruleset_in *in, struct diag *d)
{
	struct ruleset *r = calloc(1, sizeof(*r));
	struct build *b = calloc(1, sizeof(*b));
	struct id_map copies = { 0 };
	struct names *names = names_new();
	struct known known = { 0 };
	struct built out = { 0 };
	int64_t begin = clock_monotonic();
	int e = -1;

	if (r)
		r->refs = 1;
	if (r && b && names) {
		hs_set_database_allocator(huge_take, huge_give);
		arena_init(&r->arena, 0);
		r->generation = in->generation;
		r->conf = in->conf;
		r->copies = &copies;
		r->names = names;
		r->known = &known;
		r->plans = plans_read(in->conf->cache_dir);
		*b = (struct build) { .rs = r, .diag = d, .in = in };
		if ((e = build_all(b, &out)) == 0)
			e = finish(r, in, &out, d);
		build_clear(b);
		r->copies = NULL;
		r->names = NULL;
		r->known = NULL;
		r->conf = NULL;
		plans_done(r->plans);
		r->plans = NULL;
	}
	free(b);
	names_free(names);
	map_clear(&known.regexes);
	for (unsigned c = 0; c < NAME_CLASSES; c++)
		map_clear(&known.names[c]);
	id_map_clear(&copies);
	free(out.fasts);
	free(out.keys);
	free(out.cards);
	if (e < 0) {
		ruleset_unref(r);
		return NULL;
	}
	r->report.build_ns = clock_monotonic() - begin;
	return r;
}

struct ruleset *
ruleset_ref(struct ruleset *r)
{
	__atomic_add_fetch(&r->refs, 1, __ATOMIC_RELAXED);
	return r;
}

static void
app_group_clear(struct app_group *g)
{
	free(g->scans);
	for (unsigned k = 0; k < ENDS; k++)
		free(g->rest[k].v);
}

static void
frames_free(struct ruleset *r)
{
	for (unsigned p = 0; p < PROTOCOLS_MAX; p++)
		for (struct frame_group *g = r->frames[p], *next; g; g = next) {
			next = g->next;
			for (int dir = 0; dir < 2; dir++)
				app_group_clear(&g->of[dir]);
			free(g);
		}
}

static void
packet_groups_free(struct ruleset *r)
{
	for (unsigned c = 0; c < CLASS_N; c++)
		for (int dir = 0; dir < 2; dir++)
			for (unsigned k = 0; k < ENDS; k++) {
				ports_free(r->packet[c][dir][k].rest_ports);
				free(r->packet[c][dir][k].rest.v);
				free(r->packet[c][dir][k].rest_sizes);
			}
}

static void
ruleset_free(struct ruleset *r)
{
	for (unsigned p = 0; p < PROTOCOLS_MAX; p++)
		for (int dir = 0; dir < 2; dir++)
			if (r->app[p][dir]) {
				app_group_clear(r->app[p][dir]);
				free(r->app[p][dir]);
			}
	frames_free(r);
	packet_groups_free(r);
	for (unsigned c = 0; c < CLASS_N; c++)
		iponly_free(r->rest_by[c]);
	free(r->events.v);
	iponly_free(r->iponly);
	for (uint32_t i = 0; i < r->n_scans; i++)
		scan_free(r->scans[i]);
	free(r->scans);
	for (uint32_t i = 0; i < r->n_codes; i++)
		pcre2_code_free(r->codes[i]);
	free(r->codes);
	for (unsigned c = 0; c < NAME_CLASSES; c++)
		free(r->name[c]);
	free(r->buffers);
	free(r->live);
	reputation_free(r->reputation);
	if (r->geoip)
		r->geoip_free(r->geoip);
	if (r->cards)
		cards_unref(r->cards);
	arena_clear(&r->arena);
	free(r);
}

void
ruleset_unref(struct ruleset *r)
{
	if (r && __atomic_sub_fetch(&r->refs, 1, __ATOMIC_ACQ_REL) == 0)
		ruleset_free(r);
}

uint32_t
ruleset_size(const struct ruleset *r)
{
	return r->n;
}

struct cards *
ruleset_cards(const struct ruleset *r)
{
	return r->cards;
}

void
ruleset_report(const struct ruleset *r, struct ruleset_report *out)
{
	*out = r->report;
}
