/*
 * quic_crypt - the keys of Initial packets, which anyone can derive, and what they open.
 *
 * Thread:    the worker's.
 * Memory:    OpenSSL's contexts, for the length of a call.
 * Owns:      nothing.
 * Not here:  where packets begin and end -> quic.c
 *
 * Sources: RFC 9001 sections 5.2 to 5.4 and appendix A; RFC 9369 section 3.3; RFC 5869; RFC 8446 section 7.1; salts of drafts
 * 23 to 28 and 29 to 34 from draft-ietf-quic-tls.
 */
#include "engine/app/protocols/quic.h"

#include "base/hash.h"

#include <openssl/evp.h>

#define TAG_N 16u

static const uint8_t salt_v1[20] = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc,
	0xbb, 0x7f, 0x0a };
static const uint8_t salt_v2[20] = { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9,
	0xbd, 0x2e, 0xd9 };
static const uint8_t salt_29[20] = { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43,
	0x90, 0xa8, 0x99 };
static const uint8_t salt_23[20] = { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe,
	0xf9, 0xf5, 0x02 };

static const uint8_t *
salt_of(uint32_t version)
{
	uint32_t draft = version >> 8 == 0xff0000 ? version & 0xff : 0;

	if (version == QUIC_V1)
		return salt_v1;
	if (version == QUIC_V2)
		return salt_v2;
	if (draft >= 29 && draft <= 34)
		return salt_29;
	return draft >= 23 && draft <= 28 ? salt_23 : NULL;
}

/* HKDF-Expand-Label with an empty context; n is at most one block of the hash. */
static void
expand(const uint8_t secret[static 32], const char *label, uint8_t *out, uint8_t n)
{
	uint8_t info[64] = { 0, n }, block[32];
	size_t len = strlen(label);

	info[2] = (uint8_t) (6 + len);
	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, len);
	info[9 + len] = 0;
	info[10 + len] = 1; /* the first and only block */
	hash_hmac_sha256(span_of(secret, 32), span_of(info, (uint32_t) len + 11), block);
	memcpy(out, block, n);
}

bool
quic_keys_of(struct quic_keys *k, uint32_t version, struct span dcid)
{
	static const char *const sides[2] = { [TO_SERVER] = "client in", [TO_CLIENT] = "server in" };
	const uint8_t *salt = salt_of(version);
	bool two = version == QUIC_V2;
	uint8_t initial[32], secret[32];

	k->set = salt != NULL;
	if (!salt)
		return false;
	hash_hmac_sha256(span_of(salt, 20), dcid, initial);
	for (int dir = 0; dir < 2; dir++) {
		expand(initial, sides[dir], secret, 32);
		expand(secret, two ? "quicv2 key" : "quic key", k->of[dir].key, 16);
		expand(secret, two ? "quicv2 iv" : "quic iv", k->of[dir].iv, 12);
		expand(secret, two ? "quicv2 hp" : "quic hp", k->of[dir].hp, 16);
	}
	return true;
}

/* The mask of header protection: the sample encrypted by itself. */
static bool
mask_of(EVP_CIPHER_CTX *c, const struct quic_key *k, const uint8_t *sample, uint8_t mask[static 32])
{
	int n = 0;

	return EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k->hp, NULL) == 1 && EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
	    EVP_EncryptUpdate(c, mask, &n, sample, 16) == 1 && n == 16;
}

static bool
open_it(EVP_CIPHER_CTX *c, const struct quic_key *k, uint32_t number, struct span aad, struct span sealed, uint8_t *out)
{
	uint8_t nonce[12];
	int n = 0;
	uint32_t text = sealed.n - TAG_N;

	memcpy(nonce, k->iv, sizeof(nonce));
	for (unsigned i = 0; i < 4; i++)
		nonce[11 - i] ^= (uint8_t) (number >> 8 * i);
	return EVP_DecryptInit_ex(c, EVP_aes_128_gcm(), NULL, k->key, nonce) == 1 && EVP_DecryptUpdate(c, NULL, &n, aad.p, (int) aad.n) == 1 &&
	    EVP_DecryptUpdate(c, out, &n, sealed.p, (int) text) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_N, (void *) (uintptr_t) (sealed.p + text)) == 1 &&
	    EVP_DecryptFinal_ex(c, out + n, &n) == 1;
}

bool
quic_decrypt(const struct quic_key *k, struct span packet, const struct quic_header *h, uint8_t *out, struct span *plain)
{
	uint8_t head[QUIC_CID_MAX * 2 + 1500], mask[32];
	EVP_CIPHER_CTX *c;
	uint32_t number = 0, n, at = h->payload_at;
	bool good;

	/* the sample lies four bytes after the number begins (RFC 9001 section 5.4.2); a longer token than we hold is not opened */
	if (h->payload.n < 4 + 16 || at + 4 > sizeof(head) || !(c = EVP_CIPHER_CTX_new()))
		return false;
	good = mask_of(c, k, h->payload.p + 4, mask);
	if (good) {
		memcpy(head, packet.p, at);
		head[0] ^= mask[0] & 0x0f;
		n = (head[0] & 3u) + 1;
		for (unsigned i = 0; i < n; i++) {
			head[at + i] = h->payload.p[i] ^ mask[1 + i];
			number = number << 8 | head[at + i];
		}
		good = h->payload.n >= n + TAG_N && EVP_CIPHER_CTX_reset(c) == 1 &&
		    open_it(c, k, number, span_of(head, at + n), span_skip(h->payload, n), out);
		if (good)
			*plain = span_of(out, h->payload.n - n - TAG_N);
	}
	EVP_CIPHER_CTX_free(c);
	return good;
}
