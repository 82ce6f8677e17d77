/*
 * plans - a file of entries: a key, how many bytes the plan has (32 bits, big endian), the plan. Those that were used when it
 * was written come first.
 */
#include "engine/detect/plans.h"

#include <stdlib.h>

#include "engine/detect/cache.h"
#include "engine/detect/engine.h"

#define NAME "sieves"
#define MAGIC "CASUSSV1"
#define HEAD (PLAN_KEY + 4)

struct entry {
	struct span whole; /* as it is in the file; none: it did not fit */
	bool used;
	uint8_t *made;     /* the same bytes, when they are new */
};
struct plans {
	const char *dir;
	struct buf file;
	bool more; /* something was added */
	struct entry *v;
	uint32_t n, cap;
};

static void
read_entries(struct plans *p, struct span body)
{
	while (body.n > HEAD) {
		struct rd r = rd_of(span_skip(body, PLAN_KEY));
		uint32_t n = rd_u32(&r);
		if (n > body.n - HEAD || vec_grow(&p->v, p->n, &p->cap, sizeof(*p->v)) < 0)
			return;
		p->v[p->n++] = (struct entry) { .whole = span_head(body, HEAD + n) };
		body = span_skip(body, HEAD + n);
	}
}

struct plans *
plans_of(struct span body)
{
	struct plans *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	buf_init(&p->file, PLANS_MAX + CACHE_HEAD);
	read_entries(p, body);
	return p;
}

struct plans *
plans_read(const char *dir)
{
	struct plans *p = plans_of(SPAN_NONE);

	if (p && dir && *dir) {
		p->dir = dir;
		read_entries(p, cache_read(&p->file, dir, NAME, MAGIC));
	}
	return p;
}

/* NULL: there is none. */
static struct entry *
entry_of(const struct plans *p, const uint8_t key[static PLAN_KEY])
{
	for (uint32_t i = 0; p && i < p->n; i++)
		if (p->v[i].whole.n && !memcmp(p->v[i].whole.p, key, PLAN_KEY))
			return &p->v[i];
	return NULL;
}

struct span
plans_find(struct plans *p, const uint8_t key[static PLAN_KEY], bool *kept)
{
	struct entry *e = entry_of(p, key);

	*kept = e && !e->made;
	if (!e)
		return SPAN_NONE;
	e->used = true;
	return span_skip(e->whole, HEAD);
}

void
plans_add(struct plans *p, const uint8_t key[static PLAN_KEY], struct span plan)
{
	uint8_t *b = p ? malloc(HEAD + (size_t) plan.n) : NULL;
	struct entry *e;

	while ((e = entry_of(p, key)))
		e->whole = SPAN_NONE;
	if (!b || vec_grow(&p->v, p->n, &p->cap, sizeof(*p->v)) < 0) {
		free(b);
		return;
	}
	memcpy(b, key, PLAN_KEY);
	for (unsigned i = 0; i < 4; i++)
		b[PLAN_KEY + i] = (uint8_t) (plan.n >> (24 - 8 * i));
	memcpy(b + HEAD, plan.p, plan.n);
	p->v[p->n++] = (struct entry) { .whole = span_of(b, HEAD + plan.n), .used = true, .made = b };
	p->more = true;
}

static void
add_entries(struct buf *out, const struct plans *p, bool used)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (p->v[i].used == used && out->n + p->v[i].whole.n <= PLANS_MAX)
			buf_add(out, p->v[i].whole.p, p->v[i].whole.n);
}

static void
write_entries(const struct plans *p)
{
	struct buf out;

	buf_init(&out, PLANS_MAX);
	add_entries(&out, p, true);
	add_entries(&out, p, false);
	cache_write(p->dir, NAME, MAGIC, span_of(out.p, (uint32_t) out.n));
	buf_clear(&out);
}

void
plans_done(struct plans *p)
{
	if (!p)
		return;
	if (p->dir && p->more)
		write_entries(p);
	for (uint32_t i = 0; i < p->n; i++)
		free(p->v[i].made);
	buf_clear(&p->file);
	free(p->v);
	free(p);
}
