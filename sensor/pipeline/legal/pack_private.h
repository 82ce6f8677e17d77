/*
 * pack_private - what the readers of packs share: texts, lists, bands, sources, conditions out of YAML.
 *
 * Thread:    the pipeline's, at load.
 * Memory:    the packs' arena.
 * Owns:      nothing.
 * Not here:  what others may see -> pack.h
 */
#ifndef PIPELINE_PACK_PRIVATE_H
#define PIPELINE_PACK_PRIVATE_H

#include "pipeline/legal/pack.h"

struct pack_reader {
	struct packs *p;     /* bands, words of conditions; NULL where only texts are read */
	struct arena *arena; /* for texts */
	struct diag *d;
	struct yaml_doc *docs;
	uint32_t n;
};

const char *pack_text(struct pack_reader *r, const struct yaml *map, const char *key, bool needed);
/* A word or a list of words; NULL node: none. */
void pack_words(struct pack_reader *r, const struct yaml *y, const char *const **out, uint32_t *n);
int pack_band(struct pack_reader *r, const struct yaml *map, const char *key, bool needed, uint8_t otherwise);
/* sources: [ {text, verified, note} | "text" ] */
void pack_cites(struct pack_reader *r, const struct yaml *map, struct cite *c, uint32_t *n);
/* The list under a key, NULL where there is none; what is none of a list is an error. */
const struct yaml *pack_list(struct pack_reader *r, const struct yaml *map, const char *key);
/* That the last of n entries, whose first member is its id, has none of the others'. */
void pack_unique(struct pack_reader *r, const struct yaml *y, const char *what, const void *entry, uint32_t n, size_t size);
/* verified: needed, and true only where one of the sources is. */
void pack_verified(struct pack_reader *r, const struct yaml *map, const struct cite *c, uint32_t n, bool *out);
/* A condition; the facts it asks for are noted. NULL node: none. */
struct expr *pack_expr(struct pack_reader *r, const struct yaml *y);

#endif
