/*
 * slab - one mapping; objects given back form a list, the rest of the map was never touched.
 */
#include "base/slab.h"

#include <string.h>

#include "base/err.h"
#include "base/poison.h"

#define SMALL_PAGES ((size_t) 16 << 20) /* what a second-level TLB reaches: behind it objects anywhere are found at the cost of another miss */

struct slab_free {
	struct slab_free *next;
};

int
slab_init(struct slab *s, size_t size, uint32_t cap)
{
	size_t each = (size + 15) & ~(size_t) 15;

	*s = (struct slab) { .size = each ? each : 16, .cap = cap };
	if (cap == 0)
		return 0;
	if (s->size < size || s->size > SIZE_MAX / 2 / cap)
		return E_LIMIT;
	if (grow_map(&s->grow, s->size * cap, SMALL_PAGES) < 0) {
		s->cap = 0;
		return E_NOMEM;
	}
	POISON(s->grow.map, s->grow.size);
	return 0;
}

void
slab_clear(struct slab *s)
{
	if (s->grow.map)
		UNPOISON(s->grow.map, s->grow.size);
	grow_unmap(&s->grow);
	*s = (struct slab) { 0 };
}

void *
slab_take(struct slab *s)
{
	struct slab_free *obj = s->free;

	if (s->used == s->cap)
		return NULL;
	if (++s->used > s->peak)
		s->peak = s->used;
	if (!obj) { /* fresh pages are zero */
		void *fresh = s->grow.map + s->grow.filled;
		grow_to(&s->grow, s->grow.filled + s->size);
		UNPOISON(fresh, s->size);
		return fresh;
	}
	UNPOISON(obj, s->size);
	s->free = obj->next;
	return memset(obj, 0, s->size);
}

void
slab_give(struct slab *s, void *obj)
{
	struct slab_free *f = obj;

	if (!obj)
		return;
	f->next = s->free;
	s->free = f;
	s->used--;
	POISON(obj, s->size);
}

uint32_t
slab_number(const struct slab *s, const void *obj)
{
	return obj ? (uint32_t) ((size_t) ((const uint8_t *) obj - s->grow.map) / s->size) + 1 : 0;
}
