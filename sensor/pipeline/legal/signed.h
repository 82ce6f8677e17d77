/*
 * signed - who may speak: Ed25519 keys of authors, and statements whose text carries a signature over its very bytes.
 *
 * Thread:    the pipeline's.
 * Memory:    the arena of the keys.
 * Owns:      the keys.
 * Not here:  what a statement says -> context.h
 *
 * Keys file:  keys: [ { name: national-centre, author: "duty officer, national centre", key: <64 hex digits> } ]
 * Statement:  signed: { key: national-centre, signature: <128 hex digits>, text: | the statement as YAML }
 */
#ifndef PIPELINE_SIGNED_H
#define PIPELINE_SIGNED_H

#include "base/yaml.h"

#define KEYS_MAX 256

struct author_key {
	const char *name, *author; /* author: the only one this key may speak as; NULL: any */
	uint8_t key[32];
};

struct author_keys {
	struct arena arena;
	struct author_key key[KEYS_MAX];
	uint32_t n;
};

int author_keys_read(struct author_keys *k, const char *path, struct diag *d);
void author_keys_clear(struct author_keys *k);

/* The text of a `signed` map if its signature is good, *by the key that made it; NULL with an error in d. */
const char *signed_text(const struct author_keys *k, const struct yaml *map, const struct author_key **by, struct diag *d);

#endif
