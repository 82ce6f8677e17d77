/*
 * heap - the worker's pool in the shape libraries ask for: malloc() and free() without sizes.
 *
 * Thread:    the worker's.
 * Memory:    app_take(), each block with its size in front; at most APP_HEAP_MAX a block.
 * Owns:      nothing.
 * Not here:  memory of our own parsers -> app_take() in app.h
 */
#ifndef ENGINE_APP_HEAP_H
#define ENGINE_APP_HEAP_H

#include "engine/app/app.h"

#define APP_HEAP_HEAD 16u
#define APP_HEAP_MAX ((1u << 20) - APP_HEAP_HEAD)

/* Zeroed; `app` is a struct app. NULL at the pool's ceiling or above APP_HEAP_MAX. */
static inline void *
app_heap_take(void *app, size_t n)
{
	uint8_t *p = n <= APP_HEAP_MAX ? app_take(app, n + APP_HEAP_HEAD) : NULL;

	if (!p)
		return NULL;
	memcpy(p, &n, sizeof(n));
	return p + APP_HEAP_HEAD;
}

/* As zlib asks for it. */
static inline void *
app_heap_zlib(void *app, unsigned n, unsigned size)
{
	return app_heap_take(app, (size_t) n * size);
}

static inline void
app_heap_give(void *app, void *block)
{
	uint8_t *p = block;
	size_t n;

	if (!p)
		return;
	memcpy(&n, p - APP_HEAP_HEAD, sizeof(n));
	app_give(app, p - APP_HEAP_HEAD, n + APP_HEAP_HEAD);
}

static inline void *
app_heap_resize(void *app, void *block, size_t n)
{
	void *p = app_heap_take(app, n);
	size_t had;

	if (!p || !block)
		return p;
	memcpy(&had, (uint8_t *) block - APP_HEAP_HEAD, sizeof(had));
	memcpy(p, block, had < n ? had : n);
	app_heap_give(app, block);
	return p;
}

#endif
