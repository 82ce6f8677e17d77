/*
 * quic - what the files of the QUIC parser share.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool. OpenSSL takes from the heap while it derives keys and decrypts; it is asked for Initial packets
 *            alone, until both hellos are there.
 * Owns:      the handshake bytes of a flow until its hellos are complete.
 * Not here:  what others may use -> ../protocol.h   ClientHello and ServerHello -> tls_hello.c
 */
#ifndef ENGINE_APP_QUIC_H
#define ENGINE_APP_QUIC_H

#include "engine/app/protocols/tls.h"

#define QUIC_CID_MAX 20u
#define QUIC_V1 1u
#define QUIC_V2 0x6b3343cfu
#define QUIC_PACKET_MAX 65535u

enum quic_type { QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE, QUIC_RETRY };
enum quic_event { QUIC_EV_DECRYPT, QUIC_EV_DATA, QUIC_EV_HELLO, QUIC_EV_LONG };

/* Keys of Initial packets, by direction. */
struct quic_keys {
	bool set;
	struct quic_key {
		uint8_t key[16], iv[12], hp[16];
	} of[2];
};

struct quic_header {
	enum quic_type type;
	bool google;             /* a version of before the IETF's */
	uint32_t version;
	struct span dcid;
	struct span payload;     /* with the packet number in front; what the length says */
	uint32_t payload_at;     /* its offset in the packet */
	uint8_t number_n;        /* Google: length of the packet number */
};

struct quic_tx {
	struct tx tx;
	uint32_t version;
	uint8_t version_bytes[4];
	int dir;
	bool hello;              /* tls has one */
	struct tls_tx tls;
	struct bytes sni, ua, cyu; /* Google: of the CHLO */
	char cyu_hash[33];
};

/* quic_crypt.c: RFC 9001 section 5.2; false: a version whose salt is not known, or the library failed. */
bool quic_keys_of(struct quic_keys *k, uint32_t version, struct span dcid);
/* Takes off header protection and decrypts (RFC 9001 sections 5.3 and 5.4) into out, which has room for the payload. */
bool quic_decrypt(const struct quic_key *k, struct span packet, const struct quic_header *h, uint8_t *out, struct span *plain);

/* quic_google.c: the frames of an Initial packet of Google's versions; false: they do not hold together. */
bool quic_google_frames(struct app *a, struct quic_tx *t, struct span frames, unsigned number_n);

void quic_log(const struct app *app, const struct tx *tx, struct json *j, bool full);

#endif
