/*
 * card - counting who still reads a generation of cards; the last one gives it back.
 */
#include "event/card.h"

#include <stdlib.h>

struct card_texts *
card_texts_new(void)
{
	struct card_texts *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	arena_init(&t->arena, 0);
	__atomic_store_n(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

struct card_texts *
card_texts_ref(struct card_texts *t)
{
	if (t)
		__atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}

void
card_texts_unref(struct card_texts *t)
{
	if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	arena_clear(&t->arena);
	free(t);
}

struct cards *
cards_new(void)
{
	struct cards *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	arena_init(&c->arena, 0);
	__atomic_store_n(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

struct cards *
cards_ref(struct cards *c)
{
	if (c)
		__atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void
cards_unref(struct cards *c)
{
	if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	card_texts_unref(c->texts);
	arena_clear(&c->arena);
	free(c);
}
