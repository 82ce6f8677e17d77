/*
 * huge - mappings that are filled from one end; each piece knows its mapping, and the last one given back frees it.
 */
#include "base/huge.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/poison.h"

#define PAGE ((size_t) 2 << 20)
#define SMALL_PAGE ((size_t) 4096)
#define MAPPING (2 * PAGE)
#define ALIGN ((size_t) 64)

struct mapping {
	size_t size, fill; /* bytes, this head included */
	size_t live;       /* pieces that are out */
};

/* Before each piece, as far away as keeps it aligned. */
struct piece {
	struct mapping *of;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mapping *current;

static size_t
up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

void
huge_want(void *p, size_t n)
{
	size_t skip = -(uintptr_t) p & (SMALL_PAGE - 1);

	if (n >= PAGE)
		madvise((char *) p + skip, n - skip, MADV_HUGEPAGE);
}

/* Of at least n bytes, the first where a huge page can begin. */
static uint8_t *
map_aligned(size_t n)
{
	uint8_t *map = mmap(NULL, n + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	uint8_t *begin = (uint8_t *) up((uintptr_t) map, PAGE), *end = begin + up(n, SMALL_PAGE);
	if (begin != map)
		munmap(map, (size_t) (begin - map));
	munmap(end, (size_t) (map + up(n + PAGE, SMALL_PAGE) - end));
	return begin;
}

/* It begins where a huge page can. */
void *
huge_map(size_t *n)
{
	size_t size = up(*n, PAGE);
	uint8_t *map = size < *n || size > SIZE_MAX - PAGE ? NULL : map_aligned(size);

	if (!map)
		return NULL;
	huge_want(map, size);
	*n = size;
	return map;
}

void *
huge_map_behind(size_t n, size_t small)
{
	uint8_t *map = n > SIZE_MAX - 2 * PAGE ? NULL : map_aligned(n);

	if (map && n > small)
		huge_want(map + small, n - small);
	return map;
}

void
huge_unmap(void *p, size_t n)
{
	munmap(p, up(n, PAGE));
}

static void
mapping_leave(struct mapping *m)
{
	if (m && m != current && m->live == 0)
		huge_unmap(m, m->size);
}

void *
huge_take(size_t n)
{
	size_t whole = up(n, ALIGN) + ALIGN; /* its struct piece has a line of its own */
	uint8_t *p = NULL;

	if (whole < n)
		return NULL;
	if (POISON_ON) /* the sanitizer's heap sees more */
		return malloc(n);
	pthread_mutex_lock(&lock);
	if (!current || current->size - current->fill < whole) {
		struct mapping *before = current;
		size_t size = whole > MAPPING - ALIGN ? whole + ALIGN : MAPPING;
		struct mapping *m = huge_map(&size);
		if (!m)
			goto out;
		*m = (struct mapping) { .size = size, .fill = ALIGN };
		current = m;
		mapping_leave(before);
	}
	p = (uint8_t *) current + current->fill + ALIGN;
	((struct piece *) (void *) (p - ALIGN))->of = current;
	current->fill += whole;
	current->live++;
out:
	pthread_mutex_unlock(&lock);
	return p;
}

void
huge_give(void *p)
{
	if (!p)
		return;
	if (POISON_ON) {
		free(p);
		return;
	}
	pthread_mutex_lock(&lock);
	struct mapping *m = ((struct piece *) (void *) ((uint8_t *) p - ALIGN))->of;
	if (--m->live == 0 && m == current)
		m->fill = ALIGN;
	mapping_leave(m);
	pthread_mutex_unlock(&lock);
}
