/*
 * names - what options of rules are called: looked for once, remembered while a ruleset is built. Rules use a few hundred names
 * tens of thousands of times.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/detect/ruleset.h"

#define SLOTS 4096 /* names that are remembered at most: half of it */

struct name {
	const char *text;
	bool keyword_known, buffer_known, is_buffer, modifier, protocols_known, is_off;
	const struct keyword *keyword;
	struct buffer buffer;
	enum field_kind kind;
	uint64_t protocols;
};
struct names {
	struct name *slot[SLOTS];
	uint32_t n;
	struct name other; /* when there are too many */
};

struct names *
names_new(void)
{
	return calloc(1, sizeof(struct names));
}

void
names_free(struct names *s)
{
	for (uint32_t i = 0; s && i < SLOTS; i++)
		free(s->slot[i]);
	free(s);
}

static struct name *
name_of(struct names *s, const char *text)
{
	size_t n = strlen(text);
	uint32_t i = (uint32_t) hash_bytes(text, n, 0) % SLOTS;

	for (; s->slot[i]; i = (i + 1) % SLOTS)
		if (!strcmp(s->slot[i]->text, text))
			return s->slot[i];
	if (s->n >= SLOTS / 2 || !(s->slot[i] = calloc(1, sizeof(*s->slot[i]) + n + 1))) {
		s->other = (struct name) { .text = text };
		return &s->other;
	}
	s->n++;
	s->slot[i]->text = memcpy(s->slot[i] + 1, text, n + 1);
	return s->slot[i];
}

static uint64_t
protocols_of(const struct build *b, const char *names, bool *off)
{
	char name[64];
	uint64_t set = 0;

	*off = false;
	for (const char *s = names; *s;) {
		size_t n = strcspn(s, " ");
		bool k, o;
		snprintf(name, sizeof(name), "%.*s", (int) n, s);
		set |= protocols_for(name, b->in->apps, &k, &o);
		*off = *off || o;
		s += n + (s[n] == ' ');
	}
	return set;
}

uint64_t
build_protocols(struct build *b, const char *names, bool *off)
{
	struct name *n = name_of(b->rs->names, names);

	if (!n->protocols_known)
		n->protocols = protocols_of(b, names, &n->is_off);
	n->protocols_known = true;
	*off = n->is_off;
	return n->protocols;
}

const struct keyword *
build_keyword(struct build *b, const char *text)
{
	struct name *n = name_of(b->rs->names, text);

	if (!n->keyword_known)
		n->keyword = keyword_find(text);
	n->keyword_known = true;
	return n->keyword;
}

bool
build_lookup(struct build *b, const char *text, struct buffer *out, bool *modifier, enum field_kind *kind)
{
	struct name *n = name_of(b->rs->names, text);

	if (!n->buffer_known)
		n->is_buffer = buffer_lookup(text, &n->buffer, build_arena(b), &n->modifier, &n->kind);
	n->buffer_known = true;
	if (!n->is_buffer)
		return false;
	*out = n->buffer;
	*modifier = n->modifier;
	*kind = n->kind;
	return true;
}
