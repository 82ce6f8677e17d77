/*
 * hash - XXH3 and, over OpenSSL, digests. The digests' low-level calls work without the heap, so the packet
 * path may use them (JA3, file hashes); the EVP interface allocates for each digest.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

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
