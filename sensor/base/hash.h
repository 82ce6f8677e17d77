/*
 * hash - seeded 64-bit hashing (XXH3). The seed is fixed for replays, random for live capture.
 *
 * Thread:    any; the seed is set once, before threads start.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  tables -> uthash, ../engine/flow/
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/span.h"

uint64_t hash_secret(void); /* a seed that nobody can know: the kernel's */
uint64_t hash_bytes(const void *p, size_t n, uint64_t seed);
uint64_t hash_span(struct span s, uint64_t seed);
/* lower-case hex of n bytes; out takes 2n+1. */
void hash_hex(const uint8_t *p, size_t n, char *out);
/* One-shot digests over OpenSSL; out takes 16 / 20 / 32 bytes. */
void hash_md5(struct span s, uint8_t out[static 16]);
void hash_sha1(struct span s, uint8_t out[static 20]);
void hash_sha256(struct span s, uint8_t out[static 32]);
/* RFC 2104. */
void hash_hmac_sha256(struct span key, struct span s, uint8_t out[static 32]);

/* The same of bytes that come in pieces; without the heap. */
enum hash_kind { HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_KINDS };
#define HASH_MAX 32
struct hash_stream {
	_Alignas(8) uint8_t room[112];
};
extern const uint8_t hash_size[HASH_KINDS];
extern const char *const hash_name[HASH_KINDS]; /* "md5", "sha1", "sha256" */
void hash_begin(struct hash_stream *h, enum hash_kind kind);
void hash_add(struct hash_stream *h, enum hash_kind kind, struct span s);
void hash_end(struct hash_stream *h, enum hash_kind kind, uint8_t out[static HASH_MAX]);

#endif
