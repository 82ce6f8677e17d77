/*
 * quic_seal - an Initial packet around frames, as a peer would send it: for tests and fuzzing.
 *
 * Thread:    the test's.
 * Memory:    the caller's buffer.
 * Owns:      nothing.
 * Not here:  opening them -> sensor/engine/app/protocols/quic_crypt.c
 */
#ifndef TESTS_QUIC_SEAL_H
#define TESTS_QUIC_SEAL_H

#include <openssl/evp.h>

#include "engine/app/protocols/quic.h"

#define SEAL_DCID "\x83\x94\xc8\xf0\x3e\x51\x57\x08" /* of RFC 9001 appendix A */
#define SEAL_MAX 1300u

/* `out` takes SEAL_MAX + 64 bytes; frames are padded to 4 bytes at least. */
__attribute__((unused)) static struct span
quic_seal(uint8_t *out, uint32_t version, int dir, uint16_t number, struct span frames)
{
	struct quic_keys keys;
	const struct quic_key *k = &keys.of[dir];
	uint8_t plain[SEAL_MAX], nonce[12], mask[32];
	uint32_t n = frames.n < 4 ? 4 : frames.n > SEAL_MAX ? SEAL_MAX : frames.n, at = 0, number_at;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len = 0;

	memset(plain, 0, sizeof(plain));
	if (frames.n)
		memcpy(plain, frames.p, frames.n < n ? frames.n : n);
	quic_keys_of(&keys, version, SPAN_LIT(SEAL_DCID));
	out[at++] = (uint8_t) ((version == QUIC_V2 ? 0xd0 : 0xc0) | 1); /* a number of two bytes */
	for (int i = 3; i >= 0; i--)
		out[at++] = (uint8_t) (version >> 8 * i);
	if (dir == TO_SERVER) {
		out[at++] = 8;
		memcpy(out + at, SEAL_DCID, 8);
		at += 8;
	} else {
		out[at++] = 0;
	}
	out[at++] = 0; /* no id of its own */
	out[at++] = 0; /* no token */
	out[at++] = (uint8_t) (0x40 | (n + 18) >> 8);
	out[at++] = (uint8_t) (n + 18);
	number_at = at;
	out[at++] = (uint8_t) (number >> 8);
	out[at++] = (uint8_t) number;
	memcpy(nonce, k->iv, 12);
	nonce[10] ^= (uint8_t) (number >> 8);
	nonce[11] ^= (uint8_t) number;
	EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k->key, nonce);
	EVP_EncryptUpdate(c, NULL, &len, out, (int) at);
	EVP_EncryptUpdate(c, out + at, &len, plain, (int) n);
	EVP_EncryptFinal_ex(c, out + at + n, &len);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, out + at + n);
	EVP_CIPHER_CTX_reset(c);
	EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k->hp, NULL);
	EVP_EncryptUpdate(c, mask, &len, out + number_at + 4, 16);
	EVP_CIPHER_CTX_free(c);
	out[0] ^= mask[0] & 0x0f;
	out[number_at] ^= mask[1];
	out[number_at + 1] ^= mask[2];
	return span_of(out, at + n + 16);
}

#endif
