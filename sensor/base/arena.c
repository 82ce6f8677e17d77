/*
 * arena - blocks in a list; the current one is filled, the next one reused or asked from the heap.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/huge.h"
#include "base/poison.h"

struct arena_block {
	struct arena_block *next;
	size_t size, fill; /* of bytes[] */
	_Alignas(16) uint8_t bytes[];
};

#define BLOCK_MIN ((size_t) 16 * 1024)
#define BLOCK_MAX ((size_t) 2048 * 1024 - sizeof(struct arena_block)) /* blocks double up to this; a larger object gets its own */
#define MANY ((size_t) 256 * 1024) /* without a ceiling: with so much, more is to come */

void
arena_init(struct arena *a, size_t ceiling)
{
	*a = (struct arena) { .ceiling = ceiling };
}

static size_t
round16(size_t n)
{
	return (n + 15) & ~(size_t) 15;
}

/* Blocks of rules; what the packet path fills is smaller. */
static bool
is_large(size_t n)
{
	return n >= BLOCK_MAX;
}

/* A new block of at least n bytes behind `cur`; NULL above the ceiling. */
static struct arena_block *
add_block(struct arena *a, size_t n)
{
	size_t want = a->held < BLOCK_MIN ? BLOCK_MIN : a->held > (a->ceiling ? BLOCK_MAX : MANY) ? BLOCK_MAX : a->held;
	struct arena_block *b;

	if (a->ceiling && want > a->ceiling - a->held)
		want = n;
	if (want < n)
		want = n;
	if (a->ceiling && want > a->ceiling - a->held)
		return NULL;
	if (want > SIZE_MAX - sizeof(*b))
		return NULL;
	size_t whole = sizeof(*b) + want;
	if (!(b = is_large(want) ? huge_map(&whole) : malloc(whole)))
		return NULL;
	if (!a->ceiling)
		want = whole - sizeof(*b);
	b->size = want;
	b->fill = 0;
	b->next = a->cur ? a->cur->next : a->first;
	if (a->cur)
		a->cur->next = b;
	else
		a->first = b;
	a->held += want;
	POISON(b->bytes, want);
	return b;
}

int
arena_reserve(struct arena *a, size_t bytes)
{
	if (a->held >= bytes)
		return 0;
	return add_block(a, round16(bytes - a->held)) ? 0 : -1;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->cur ? a->cur : a->first;
	uint8_t *p;

	if (n > SIZE_MAX - 64)
		return NULL;
	size_t want = round16(n ? n : 1);
	while (b && b->size - b->fill < want && b->next) {
		b = b->next;
		b->fill = 0;
		a->cur = b;
	}
	if (!b || b->size - b->fill < want) {
		b = add_block(a, want);
		if (!b)
			return NULL;
	}
	a->cur = b;
	p = b->bytes + b->fill;
	b->fill += want;
	a->used += want;
	UNPOISON(p, n);
	return p;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	return p ? memset(p, 0, n) : NULL;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = arena_alloc(a, n);

	return p ? memcpy(p, s, n) : NULL;
}

char *
arena_string(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, (size_t) s.n + 1);

	if (!p)
		return NULL;
	if (s.n)
		memcpy(p, s.p, s.n);
	p[s.n] = 0;
	return p;
}

struct span
arena_dup(struct arena *a, struct span s)
{
	uint8_t *p = arena_alloc(a, s.n);

	if (!p)
		return SPAN_NONE;
	if (s.n)
		memcpy(p, s.p, s.n);
	return span_of(p, s.n);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && (p = arena_alloc(a, (size_t) n + 1)))
		vsnprintf(p, (size_t) n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}

void
arena_reset(struct arena *a)
{
	a->cur = NULL;
	a->used = 0;
	if (a->first)
		a->first->fill = 0;
	if (POISON_ON)
		for (struct arena_block *b = a->first; b; b = b->next)
			POISON(b->bytes, b->size);
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark) { a->cur, a->cur ? a->cur->fill : 0, a->used };
}

void
arena_back(struct arena *a, struct arena_mark m)
{
	if (!m.cur) {
		arena_reset(a);
		return;
	}
	a->cur = m.cur;
	a->cur->fill = m.fill;
	a->used = m.used;
	if (!POISON_ON)
		return;
	POISON(m.cur->bytes + m.fill, m.cur->size - m.fill);
	for (struct arena_block *b = m.cur->next; b; b = b->next)
		POISON(b->bytes, b->size);
}

void
arena_clear(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->first; b; b = next) {
		next = b->next;
		UNPOISON(b->bytes, b->size);
		if (is_large(b->size))
			huge_unmap(b, sizeof(*b) + b->size);
		else
			free(b);
	}
	arena_init(a, a->ceiling);
}
