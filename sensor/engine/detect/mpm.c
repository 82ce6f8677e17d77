/*
 * mpm - which rules may match in these bytes? They are sieved where the processor is able to and it pays (sieve.c); else short inputs
 * are looked up (grams.c), long ones searched with Hyperscan.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/detect/cache.h"
#include "engine/detect/grams.h"
#include "engine/detect/plans.h"
#include "engine/detect/ruleset.h"
#include "engine/detect/sieve.h"

#define MANY 400 /* patterns from which on a database is large in any case */

static int
literal_compare(const void *a, const void *b)
{
	const struct literal *x = a, *y = b;

	if (x->s.n != y->s.n)
		return x->s.n < y->s.n ? -1 : 1;
	int c = memcmp(x->s.p, y->s.p, x->s.n);
	if (c || x->nocase != y->nocase)
		return c ? c : x->nocase - y->nocase;
	return x->sig < y->sig ? -1 : x->sig > y->sig;
}

static bool
literal_same(const struct literal *a, const struct literal *b)
{
	return a->nocase == b->nocase && span_eq(a->s, b->s);
}

/* This machine's instructions, and for few patterns the small tables that Hyperscan makes for processors with small caches: searches of
 * many databases take turns with everything else here, and what a search finds in the cache counts for more than how little it has to
 * verify. With many patterns it is the other way round (measured). */
static void
platform_of(hs_platform_info_t *p, uint32_t n)
{
	memset(p, 0, sizeof(*p));
	hs_populate_platform(p);
	p->tune = n < MANY ? HS_TUNE_FAMILY_SLM : HS_TUNE_FAMILY_GENERIC;
}

/* SHA-256 of `head`, and of the literals. */
static void
literals_sum(struct span head, const struct literal *l, const uint32_t *first, uint32_t n, uint8_t sum[static HASH_MAX])
{
	struct hash_stream h;

	hash_begin(&h, HASH_SHA256);
	hash_add(&h, HASH_SHA256, head);
	for (uint32_t i = 0; i < n; i++) {
		const struct literal *x = &l[first[i]];
		uint32_t lead[2] = { x->s.n, x->nocase };
		hash_add(&h, HASH_SHA256, span_of(lead, sizeof(lead)));
		hash_add(&h, HASH_SHA256, x->s);
	}
	hash_end(&h, HASH_SHA256, sum);
}

/* Of everything the database depends on. */
static void
database_key(const struct literal *l, const uint32_t *first, uint32_t n, char out[static 65])
{
	hs_platform_info_t platform;
	char head[200 + sizeof(platform)];
	uint8_t sum[HASH_MAX];

	platform_of(&platform, n);
	int at = snprintf(head, 200, "casus literals 2 %s\n", hs_version());
	memcpy(head + at, &platform, sizeof(platform));
	literals_sum(span_of(head, (uint32_t) at + (uint32_t) sizeof(platform)), l, first, n, sum);
	hash_hex(sum, 32, out);
}

static void
plan_key(const struct literal *l, const uint32_t *first, uint32_t n, uint8_t key[static PLAN_KEY])
{
	char head[64];
	int at = snprintf(head, sizeof(head), "casus sieves " SIEVE_PLAN_VERSION " %u\n", sieve_lanes());

	literals_sum(span_of(head, (uint32_t) at), l, first, n, key);
}

static hs_database_t *
compile(const struct literal *l, const uint32_t *first, uint32_t n, const char *name, struct diag *d)
{
	const char **text = calloc(n, sizeof(*text));
	unsigned *flags = calloc(n, sizeof(*flags)), *ids = calloc(n, sizeof(*ids));
	size_t *lens = calloc(n, sizeof(*lens));
	hs_compile_error_t *e = NULL;
	hs_platform_info_t platform;
	hs_database_t *db = NULL;

	platform_of(&platform, n);
	if (text && flags && ids && lens) {
		for (uint32_t i = 0; i < n; i++) {
			text[i] = (const char *) l[first[i]].s.p;
			lens[i] = l[first[i]].s.n;
			ids[i] = i;
			flags[i] = l[first[i]].nocase ? HS_FLAG_CASELESS : 0; /* to be told of each once would cost more: few are there at all */
		}
		if (hs_compile_lit_multi(text, flags, ids, lens, n, HS_MODE_BLOCK, &platform, &db, &e) != HS_SUCCESS) {
			diag_error(d, name, 0, 0, "patterns do not compile: %s", e ? e->message : "out of memory");
			db = NULL;
		}
		hs_free_compile_error(e);
	}
	free(text);
	free(flags);
	free(ids);
	free(lens);
	return db;
}

static hs_database_t *
database(struct ruleset *r, struct scan *s, const struct literal *l, const uint32_t *first, struct diag *d)
{
	char key[65];
	const char *dir = r->conf->cache_dir;
	hs_database_t *db;

	if (!dir || !*dir)
		return compile(l, first, s->n_patterns, s->name, d);
	database_key(l, first, s->n_patterns, key);
	if ((db = cache_load(dir, key))) {
		s->cached = true;
		return db;
	}
	if ((db = compile(l, first, s->n_patterns, s->name, d)))
		cache_store(dir, key, db);
	return db;
}

static int
fill_database(struct ruleset *r, struct scan *s, const struct literal *l, struct diag *d)
{
	size_t bytes = 0;

	if (!(s->grams = grams_build(&r->arena, l, s->first, s->n_patterns)) || !(s->db = database(r, s, l, s->first, d)))
		return -1;
	hs_database_size(s->db, &bytes);
	s->bytes = bytes;
	return 0;
}

static struct sieve *
planned_sieve(struct ruleset *r, struct scan *s, const struct literal *l)
{
	uint8_t key[PLAN_KEY], *chosen = malloc(SIEVE_PLAN_BYTES(s->n_patterns));
	bool kept;

	if (!chosen)
		return NULL;
	plan_key(l, s->first, s->n_patterns, key);
	struct sieve_plan plan = { .known = plans_find(r->plans, key, &kept), .chosen = chosen };
	struct sieve *made = sieve_build(&r->arena, l, s->first, s->n_patterns, &plan);
	if (made && !plan.fits)
		plans_add(r->plans, key, span_of(chosen, SIEVE_PLAN_BYTES(s->n_patterns)));
	s->cached = plan.fits && kept;
	free(chosen);
	return made;
}

static int
fill_sieve(struct ruleset *r, struct scan *s, const struct literal *l, struct diag *d)
{
	struct arena_mark mark = arena_mark(&r->arena);

	if (!(s->sieve = planned_sieve(r, s, l)))
		return -1;
	s->bytes = sieve_bytes(s->sieve);
	if (sieve_pays(s->sieve))
		return 0;
	s->sieve = NULL;
	s->cached = false;
	arena_back(&r->arena, mark);
	return fill_database(r, s, l, d);
}

static int
fill(struct ruleset *r, struct scan *s, struct literal *l, uint32_t n, struct diag *d)
{
	uint32_t *first = arena_alloc(&r->arena, (n + 1) * sizeof(*first));
	uint32_t *ids = arena_alloc(&r->arena, n * sizeof(*ids));

	if (!first || !ids)
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 || !literal_same(&l[i], &l[i - 1]))
			first[s->n_patterns++] = i;
		ids[i] = l[i].sig;
	}
	first[s->n_patterns] = n;
	s->first = first;
	s->sigs = ids;
	s->min = l[0].s.n;
	return r->conf->mpm_algo == MPM_AUTO && sieve_possible() ? fill_sieve(r, s, l, d) : fill_database(r, s, l, d);
}

struct scan *
scan_build(struct ruleset *r, const char *name, const struct fast *fasts, const uint32_t *sigs, uint32_t n, struct diag *d)
{
	struct literal *l = calloc(n, sizeof(*l));
	struct scan *s = arena_zalloc(&r->arena, sizeof(*s));

	if (!l || !s || vec_grow(&r->scans, r->n_scans, &r->cap_scans, sizeof(*r->scans)) < 0) {
		free(l);
		return NULL;
	}
	s->name = arena_strdup(&r->arena, name);
	for (uint32_t i = 0; i < n; i++) {
		struct literal x = { span_head(fasts[sigs[i]].bytes, LITERAL_MAX), fasts[sigs[i]].content->flags & CO_NOCASE, sigs[i] };
		l[run_is(&x) ? n - 1 - s->n_runs++ : i - s->n_runs] = x;
	}
	qsort(l, n - s->n_runs, sizeof(*l), literal_compare);
	int e = s->n_runs && !(s->runs = runs_build(&r->arena, l + n - s->n_runs, s->n_runs)) ? -1 : 0;
	if (e == 0 && s->n_runs < n)
		e = fill(r, s, l, n - s->n_runs, d);
	s->n_rules = n;
	free(l);
	if (e < 0)
		return NULL;
	r->scans[r->n_scans++] = s;
	r->report.databases++;
	r->report.patterns += s->n_patterns + s->n_runs;
	r->report.database_bytes += s->bytes;
	r->report.cached += s->cached;
	return s;
}

void
scan_free(struct scan *s)
{
	hs_free_database(s->db);
}

struct hit {
	const struct scan *s;
	struct candidates *into;
	struct span in;
	uint32_t done; /* of runs_look() */
};

static void
found(void *arg, uint32_t id)
{
	const struct hit *h = arg;

	for (uint32_t i = h->s->first[id]; i < h->s->first[id + 1]; i++)
		candidates_add(h->into, h->s->sigs[i]);
}

static void
same(void *arg, uint32_t from, uint64_t blocks)
{
	struct hit *h = arg;

	runs_look(h->s->runs, h->in, from, blocks, &h->done, h->into);
}

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *arg)
{
	found(arg, id);
	return 0;
}

void
scan_run(struct detect *d, const struct scan *s, struct span bytes, struct candidates *into)
{
	struct hit h = { s, into, bytes, 0 };
	bool any = s->n_patterns && bytes.n >= s->min, with_others = any && s->sieve && s->runs;

	if (s->runs && !with_others)
		runs_find(s->runs, bytes, into);
	if (!any)
		return;
	if (s->sieve)
		sieve_find(s->sieve, bytes, &(struct sieve_told) { found, same, &h, with_others ? runs_bytes(s->runs) : NULL });
	else if (bytes.n <= grams_limit(s->grams))
		grams_find(s->grams, bytes, found, &h);
	else
		hs_scan(s->db, (const char *) bytes.p, bytes.n, 0, d->hs, on_match, &h);
}

bool
candidates_take(struct candidates *c, uint32_t *sig)
{
	if (!c->any)
		return false;
	for (; c->at < c->n_summary; c->at++)
		while (c->summary[c->at]) {
			uint32_t w = c->at * 64 + (uint32_t) __builtin_ctzll(c->summary[c->at]);
			if (!c->word[w]) {
				c->summary[c->at] &= c->summary[c->at] - 1;
				continue;
			}
			*sig = w * 64 + (uint32_t) __builtin_ctzll(c->word[w]);
			c->word[w] &= c->word[w] - 1;
			return true;
		}
	c->at = 0;
	return c->any = false;
}
