/*
 * pool - size classes over one reserved mapping; a block never changes its class unless the map is used up,
 * then a larger free block is cut into smaller ones.
 */
#include "base/pool.h"

#include <stdlib.h>

#include "base/grow.h"
#include "base/poison.h"

#define SMALLEST 64u
#define SMALL_PAGES ((size_t) 128 << 20) /* blocks are read from one end to the other, and those last given back are taken first (measured) */
#define LARGEST (1024u * 1024u)
#define CLASSES 57 /* 64, 80, 96, 112, 128, 160, ... 896 KiB, 1 MiB */

struct free_block {
	struct free_block *next;
};

struct pool {
	struct grow grow;
	size_t used; /* bytes */
	uint64_t refused;
	struct free_block *free[CLASSES];
};

static size_t
class_size(unsigned k)
{
	size_t power = (size_t) SMALLEST << k / 4;

	return power + power / 4 * (k % 4);
}

/* The smallest class that holds n bytes, 1 <= n <= LARGEST. */
static unsigned
class_of(size_t n)
{
	unsigned log2;

	if (n <= SMALLEST)
		return 0;
	log2 = 63 - (unsigned) __builtin_clzll(n - 1); /* 2^log2 <= n - 1 < 2^(log2 + 1) */
	return (log2 - 6) * 4 + (unsigned) ((n - 1 - ((size_t) 1 << log2)) >> (log2 - 2)) + 1;
}

struct pool *
pool_new(size_t ceiling)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	if (grow_map(&p->grow, ceiling & ~(size_t) 15, SMALL_PAGES) < 0) {
		free(p);
		return NULL;
	}
	if (p->grow.map)
		POISON(p->grow.map, p->grow.size);
	return p;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	if (p->grow.map)
		UNPOISON(p->grow.map, p->grow.size);
	grow_unmap(&p->grow);
	free(p);
}

static void
put_free(struct pool *p, unsigned k, void *block)
{
	struct free_block *f = block;

	f->next = p->free[k];
	p->free[k] = f;
	POISON(block, class_size(k));
}

static void *
get_free(struct pool *p, unsigned k)
{
	struct free_block *f = p->free[k];

	if (!f)
		return NULL;
	UNPOISON(f, class_size(k));
	p->free[k] = f->next;
	if (f->next) /* which may lie there for long already */
		__builtin_prefetch(f->next);
	return f;
}

static void *
get_fresh(struct pool *p, unsigned k)
{
	/* what is whole cache lines lies in as many */
	size_t fresh = p->grow.filled, from = class_size(k) % 64 ? fresh : (fresh + 63) & ~(size_t) 63;
	uint8_t *block = p->grow.map + from;

	if (from > p->grow.size || p->grow.size - from < class_size(k))
		return NULL;
	grow_to(&p->grow, from + class_size(k));
	UNPOISON(block, class_size(k));
	return block;
}

/* Cuts the smallest larger free block; pieces that fit no class k are cut into the smallest class. */
static void *
get_cut(struct pool *p, unsigned k)
{
	size_t size = class_size(k), left;
	uint8_t *block = NULL;
	unsigned big;

	for (big = k + 1; big < CLASSES && !block; big++)
		block = get_free(p, big);
	if (!block)
		return NULL;
	left = class_size(big - 1) - size;
	uint8_t *rest = block + size;
	for (unsigned c = k; left >= SMALLEST; rest += class_size(c), left -= class_size(c)) {
		while (class_size(c) > left)
			c--;
		put_free(p, c, rest);
	}
	return block;
}

void *
pool_take(struct pool *p, size_t n)
{
	void *block = NULL;

	if (n <= LARGEST) {
		unsigned k = class_of(n);
		block = get_free(p, k);
		if (!block)
			block = get_fresh(p, k);
		if (!block)
			block = get_cut(p, k);
		if (block)
			p->used += class_size(k);
	}
	if (!block)
		p->refused++;
	return block;
}

void *
pool_ztake(struct pool *p, size_t n)
{
	void *block = pool_take(p, n);

	return block ? memset(block, 0, n) : NULL;
}

void
pool_give(struct pool *p, void *block, size_t n)
{
	unsigned k = class_of(n);

	if (!block)
		return;
	p->used -= class_size(k);
	put_free(p, k, block);
}

size_t
pool_size(size_t n)
{
	return n <= LARGEST ? class_size(class_of(n)) : 0;
}

struct grow *
pool_grow(struct pool *p)
{
	return &p->grow;
}

size_t
pool_used(const struct pool *p)
{
	return p->used;
}

size_t
pool_ceiling(const struct pool *p)
{
	return p->grow.size;
}

uint64_t
pool_refused(const struct pool *p)
{
	return p->refused;
}

int
bytes_add(struct bytes *b, struct pool *pool, struct span s, uint32_t max)
{
	if (s.n == 0)
		return 0;
	if (s.n > max || b->n > max - s.n)
		return -1;
	if (s.n > b->cap - b->n) {
		size_t want = (size_t) b->n + s.n;
		size_t cap = want + want / 2;
		if (cap > max)
			cap = max;
		uint8_t *p = pool_take(pool, cap);
		if (!p && cap > want)
			p = pool_take(pool, cap = want);
		if (!p)
			return -1;
		if (b->n)
			memcpy(p, b->p, b->n);
		pool_give(pool, b->p, b->cap);
		b->p = p;
		b->cap = (uint32_t) pool_size(cap);
	}
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return 0;
}

void
bytes_drop(struct bytes *b, uint32_t k)
{
	if (k >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + k, b->n - k);
	b->n -= k;
}

void
bytes_clear(struct bytes *b, struct pool *pool)
{
	pool_give(pool, b->p, b->cap);
	*b = (struct bytes) { 0 };
}
