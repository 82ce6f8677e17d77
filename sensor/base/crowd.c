#include "base/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define REGISTERS 16384
#define INDEX_BITS 14
#define SLOTS (2 * CROWD_WHOLE)
#define SEARCH_MAX 32

struct crowd_sketch {
	uint64_t top[REGISTERS]; /* the element that counts there */
	uint8_t rank[REGISTERS]; /* 0 = none */
	uint64_t untold[REGISTERS / 64];
	uint32_t n_untold;
};

/* ---- as Redis does ---- */

static uint64_t
load(const char *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | (uint8_t) p[i];
	return v;
}

/* MurmurHash64A of two words. */
static uint64_t
murmur(const char text[static 16])
{
	const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
	uint64_t h = UINT64_C(0xadc83b19) ^ (16 * m);

	for (int i = 0; i < 16; i += 8) {
		uint64_t k = load(text + i) * m;
		k = (k ^ k >> 47) * m;
		h = (h ^ k) * m;
	}
	h = (h ^ h >> 47) * m;
	return h ^ h >> 47;
}

static uint8_t
rank_of(uint64_t hash, uint32_t *at)
{
	char text[CROWD_TEXT];
	uint64_t h;

	crowd_text(hash, text);
	h = murmur(text);
	*at = (uint32_t) (h & (REGISTERS - 1));
	return (uint8_t) (__builtin_ctzll(h >> INDEX_BITS | UINT64_C(1) << (64 - INDEX_BITS)) + 1);
}

void
crowd_text(uint64_t hash, char out[static CROWD_TEXT])
{
	uint8_t b[8];

	for (int k = 0; k < 8; k++)
		b[k] = (uint8_t) (hash >> 8 * k);
	hash_hex(b, sizeof b, out);
}

/* ---- many ---- */

static bool
sketch_add(struct crowd_sketch *m, uint64_t hash, bool told)
{
	uint32_t at;
	uint8_t rank = rank_of(hash, &at);
	uint64_t bit = UINT64_C(1) << at % 64;

	if (m->rank[at] >= rank)
		return false;
	m->rank[at] = rank;
	m->top[at] = hash;
	m->n_untold -= (m->untold[at / 64] & bit) != 0;
	m->untold[at / 64] = told ? m->untold[at / 64] & ~bit : m->untold[at / 64] | bit;
	m->n_untold += !told;
	return true;
}

static bool
become_many(struct crowd *c)
{
	c->many = calloc(1, sizeof *c->many);
	if (!c->many)
		return false;
	for (uint32_t i = 0; i < c->n; i++)
		sketch_add(c->many, c->list[i], i < c->told);
	free(c->list);
	free(c->slot);
	c->list = NULL;
	c->slot = NULL;
	c->n = c->cap = c->told = 0;
	c->not_whole = true;
	return true;
}

/* ---- few ---- */

static void
slot_set(struct crowd *c, uint32_t i)
{
	uint32_t s = (uint32_t) (c->list[i] % SLOTS);

	while (c->slot[s])
		s = (s + 1) % SLOTS;
	c->slot[s] = (uint16_t) (i + 1);
}

static bool
has(const struct crowd *c, uint64_t hash)
{
	if (c->slot) {
		for (uint32_t s = (uint32_t) (hash % SLOTS); c->slot[s]; s = (s + 1) % SLOTS)
			if (c->list[c->slot[s] - 1] == hash)
				return true;
		return false;
	}
	for (uint32_t i = 0; i < c->n; i++)
		if (c->list[i] == hash)
			return true;
	return false;
}

static bool
grow(struct crowd *c)
{
	uint32_t cap = c->cap ? 2 * c->cap : 8;
	uint64_t *list = realloc(c->list, cap * sizeof *list);

	if (!list)
		return false;
	c->list = list;
	c->cap = cap;
	return true;
}

bool
crowd_add(struct crowd *c, uint64_t hash)
{
	if (!c->many && (c->not_whole || c->n == CROWD_WHOLE) && !(c->n == CROWD_WHOLE && has(c, hash)) && !become_many(c))
		return false;
	if (c->many)
		return sketch_add(c->many, hash, false);
	if (has(c, hash))
		return false;
	if (c->n == c->cap && !grow(c)) {
		c->not_whole = true;
		return false;
	}
	c->list[c->n++] = hash;
	if (!c->slot && c->n > SEARCH_MAX && (c->slot = calloc(SLOTS, sizeof *c->slot)))
		for (uint32_t i = 0; i < c->n; i++)
			slot_set(c, i);
	else if (c->slot)
		slot_set(c, c->n - 1);
	return true;
}

void
crowd_join(struct crowd *into, const struct crowd *from)
{
	for (uint32_t i = 0; i < from->n; i++)
		crowd_add(into, from->list[i]);
	if (from->not_whole && !into->many)
		become_many(into);
	into->not_whole |= from->not_whole;
	for (uint32_t i = 0; from->many && into->many && i < REGISTERS; i++)
		if (from->many->rank[i])
			sketch_add(into->many, from->many->top[i], false);
}

bool
crowd_is_whole(const struct crowd *c)
{
	return !c->not_whole;
}

uint32_t
crowd_take(struct crowd *c, uint64_t **out)
{
	uint32_t n = c->many ? c->many->n_untold : c->n - c->told, k = 0;

	*out = n ? malloc(n * sizeof **out) : NULL;
	if (!*out)
		return 0;
	if (!c->many) {
		memcpy(*out, &c->list[c->told], n * sizeof **out);
		c->told = c->n;
		return n;
	}
	for (uint32_t w = 0; w < REGISTERS / 64; w++)
		for (uint64_t left = c->many->untold[w]; left; left &= left - 1)
			(*out)[k++] = c->many->top[w * 64 + (uint32_t) __builtin_ctzll(left)];
	memset(c->many->untold, 0, sizeof c->many->untold);
	c->many->n_untold = 0;
	return k;
}

void
crowd_clear(struct crowd *c)
{
	free(c->list);
	free(c->slot);
	free(c->many);
	memset(c, 0, sizeof *c);
}

void
crowd_forget(struct crowd *c)
{
	if (!c->many)
		return;
	crowd_clear(c);
	c->not_whole = true;
}
