/*
 * map - hash tables of texts and of numbers for loading: linear probing, never fuller than half and three quarters, never shrink.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/err.h"
#include "rule/map.h"

struct map_slot {
	uint32_t hash;
	uint32_t at; /* entry, from 1; 0: empty slot */
};

static uint32_t
hash_of(struct span key)
{
	return (uint32_t) hash_span(key, 0);
}

static struct map_slot *
slot_of(const struct map *m, struct span key, uint32_t hash)
{
	uint32_t i = hash & (m->cap - 1);

	while (m->slot[i].at && !(m->slot[i].hash == hash && span_eq(m->entry[m->slot[i].at - 1].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

void *
map_find(const struct map *m, struct span key)
{
	uint32_t at = m->cap ? slot_of(m, key, hash_of(key))->at : 0;

	return at ? m->entry[at - 1].value : NULL;
}

static int
grow(struct map *m)
{
	uint32_t cap = m->cap ? m->cap * 2 : 64;
	struct map_slot *slot = calloc(cap, sizeof(*slot));
	struct map_entry *entry = slot ? realloc(m->entry, cap / 2 * sizeof(*entry)) : NULL;

	if (!entry) {
		free(slot);
		return E_NOMEM;
	}
	for (uint32_t i = 0; i < m->cap; i++) {
		uint32_t k = m->slot[i].hash & (cap - 1);
		if (!m->slot[i].at)
			continue;
		while (slot[k].at)
			k = (k + 1) & (cap - 1);
		slot[k] = m->slot[i];
	}
	free(m->slot);
	m->slot = slot;
	m->entry = entry;
	m->cap = cap;
	return 0;
}

int
map_set(struct map *m, struct span key, void *value)
{
	uint32_t hash = hash_of(key);
	struct map_slot *s;

	if (m->n + 1 > m->cap / 2 && grow(m) < 0)
		return E_NOMEM;
	s = slot_of(m, key, hash);
	if (!s->at)
		*s = (struct map_slot) { hash, ++m->n };
	m->entry[s->at - 1] = (struct map_entry) { key, value };
	return 0;
}

void
map_clear(struct map *m)
{
	free(m->entry);
	free(m->slot);
	*m = (struct map) { 0 };
}

struct id_slot {
	uint64_t id; /* 0: empty */
	void *value;
};

static struct id_slot *
id_slot_of(const struct id_map *m, uint64_t id)
{
	uint32_t i = (uint32_t) hash_bytes(&id, sizeof(id), 0);

	while (m->slot[i & (m->cap - 1)].id && m->slot[i & (m->cap - 1)].id != id)
		i++;
	return &m->slot[i & (m->cap - 1)];
}

static int
id_grow(struct id_map *m)
{
	struct id_map more = { .n = m->n, .cap = m->cap ? m->cap * 4 : 1024 };

	if (!(more.slot = calloc(more.cap, sizeof(*more.slot))))
		return E_NOMEM;
	for (uint32_t i = 0; i < m->cap; i++)
		if (m->slot[i].id)
			*id_slot_of(&more, m->slot[i].id) = m->slot[i];
	free(m->slot);
	*m = more;
	return 0;
}

void **
id_map_at(struct id_map *m, uint64_t id)
{
	if (m->n >= m->cap / 4 * 3 && id_grow(m) < 0)
		return NULL;
	struct id_slot *s = id_slot_of(m, id);
	if (!s->id) {
		s->id = id;
		m->n++;
	}
	return &s->value;
}

void
id_map_clear(struct id_map *m)
{
	free(m->slot);
	*m = (struct id_map) { 0 };
}
