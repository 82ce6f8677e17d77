/*
 * hash - XXH3 and, over OpenSSL, digests. The digests' low-level calls work without the heap, so the packet
 * path may use them (JA3, file hashes); the EVP interface allocates for each digest.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <sys/random.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"

uint64_t
hash_secret(void)
{
	uint64_t v;

	if (getrandom(&v, sizeof(v), 0) != sizeof(v)) /* no kernel casus runs on is without it */
		v = (uint64_t) clock_wall() ^ (uint64_t) getpid();
	return v;
}

uint64_t
hash_bytes(const void *p, size_t n, uint64_t seed)
{
	return XXH3_64bits_withSeed(p, n, seed);
}

uint64_t
hash_span(struct span s, uint64_t seed)
{
	return hash_bytes(s.p, s.n, seed);
}

void
hash_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digit[p[i] >> 4];
		*out++ = digit[p[i] & 15];
	}
	*out = 0;
}

void
hash_md5(struct span s, uint8_t out[static 16])
{
	MD5_CTX c;

	MD5_Init(&c);
	MD5_Update(&c, s.p, s.n);
	MD5_Final(out, &c);
}

void
hash_sha1(struct span s, uint8_t out[static 20])
{
	SHA_CTX c;

	SHA1_Init(&c);
	SHA1_Update(&c, s.p, s.n);
	SHA1_Final(out, &c);
}

void
hash_sha256(struct span s, uint8_t out[static 32])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, s.p, s.n);
	SHA256_Final(out, &c);
}

static void
sha256_behind(const uint8_t pad[64], struct span s, uint8_t out[static 32])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, pad, 64);
	SHA256_Update(&c, s.p, s.n);
	SHA256_Final(out, &c);
}

void
hash_hmac_sha256(struct span key, struct span s, uint8_t out[static 32])
{
	uint8_t pad[64] = { 0 };

	if (key.n > sizeof(pad))
		hash_sha256(key, pad);
	else if (key.n)
		memcpy(pad, key.p, key.n);
	for (unsigned i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	sha256_behind(pad, s, out);
	for (unsigned i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha256_behind(pad, span_of(out, 32), out);
}

/* ---- in pieces ---- */

const uint8_t hash_size[HASH_KINDS] = { 16, 20, 32 };
const char *const hash_name[HASH_KINDS] = { "md5", "sha1", "sha256" };

_Static_assert(sizeof(MD5_CTX) <= sizeof(struct hash_stream) && sizeof(SHA_CTX) <= sizeof(struct hash_stream) &&
    sizeof(SHA256_CTX) <= sizeof(struct hash_stream), "a digest's state fits");

void
hash_begin(struct hash_stream *h, enum hash_kind kind)
{
	if (kind == HASH_MD5)
		MD5_Init((MD5_CTX *) h);
	else if (kind == HASH_SHA1)
		SHA1_Init((SHA_CTX *) h);
	else
		SHA256_Init((SHA256_CTX *) h);
}

void
hash_add(struct hash_stream *h, enum hash_kind kind, struct span s)
{
	if (kind == HASH_MD5)
		MD5_Update((MD5_CTX *) h, s.p, s.n);
	else if (kind == HASH_SHA1)
		SHA1_Update((SHA_CTX *) h, s.p, s.n);
	else
		SHA256_Update((SHA256_CTX *) h, s.p, s.n);
}

void
hash_end(struct hash_stream *h, enum hash_kind kind, uint8_t out[static HASH_MAX])
{
	if (kind == HASH_MD5)
		MD5_Final(out, (MD5_CTX *) h);
	else if (kind == HASH_SHA1)
		SHA1_Final(out, (SHA_CTX *) h);
	else
		SHA256_Final(out, (SHA256_CTX *) h);
}
