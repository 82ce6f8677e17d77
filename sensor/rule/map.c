/*
 * map - a hash table of texts for loading: linear probing, at most half full, never shrinks.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/err.h"
#include "rule/map.h"

static struct map_slot *
slot_of(const struct map *m, struct span key, uint64_t hash)
{
	uint32_t i = (uint32_t) hash & (m->cap - 1);

	while (m->slot[i].value && !(m->slot[i].hash == hash && span_eq(m->slot[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

void *
map_find(const struct map *m, struct span key)
{
	return m->cap ? slot_of(m, key, hash_span(key, 0))->value : NULL;
}

static int
grow(struct map *m)
{
	struct map bigger = { .cap = m->cap ? m->cap * 2 : 64 };

	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	if (!bigger.slot)
		return E_NOMEM;
	for (uint32_t i = 0; i < m->cap; i++)
		if (m->slot[i].value)
			*slot_of(&bigger, m->slot[i].key, m->slot[i].hash) = m->slot[i];
	bigger.n = m->n;
	free(m->slot);
	*m = bigger;
	return 0;
}

/* The key's slot, new or not; NULL: no memory. */
static struct map_slot *
take_slot(struct map *m, struct span key, uint64_t hash)
{
	struct map_slot *s;

	if (m->n + 1 > m->cap / 2 && grow(m) < 0)
		return NULL;
	s = slot_of(m, key, hash);
	if (!s->value)
		m->n++;
	return s;
}

void *
map_add(struct map *m, struct span key, void *value)
{
	uint64_t hash = hash_span(key, 0);
	struct map_slot *s = take_slot(m, key, hash);

	if (s && !s->value)
		*s = (struct map_slot) { hash, key, value };
	return s ? s->value : NULL;
}

int
map_set(struct map *m, struct span key, void *value)
{
	uint64_t hash = hash_span(key, 0);
	struct map_slot *s = take_slot(m, key, hash);

	if (!s)
		return E_NOMEM;
	*s = (struct map_slot) { hash, key, value };
	return 0;
}

void
map_clear(struct map *m)
{
	free(m->slot);
	*m = (struct map) { 0 };
}
