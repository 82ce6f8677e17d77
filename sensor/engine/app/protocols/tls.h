/*
 * tls - what the TLS parser's files share, and what keywords may ask of a TLS transaction.
 *
 * Thread:    the worker's.
 * Memory:    hello and certificate messages kept in the worker's pool until the transaction ends.
 * Owns:      the kept messages.
 * Not here:  records and the protocol's table row -> tls.c
 */
#ifndef ENGINE_PROTOCOLS_TLS_H
#define ENGINE_PROTOCOLS_TLS_H

#include "engine/app/protocols/parse.h"

#define TLS_10 0x0301
#define TLS_12 0x0303
#define TLS_13 0x0304
#define TLS_HANDSHAKE_MAX (1u << 17) /* bytes of one handshake message that are reassembled */
#define TLS_NAMES_MAX 1024           /* subjectAltNames that rules look at */
#define TLS_CERTS_MAX 64             /* certificates of a chain that are looked at */

/* Names in rules, in the order of enum tls_event. */
enum tls_event {
	TLS_EV_INVALID_SSLV2_HEADER, TLS_EV_INVALID_TLS_HEADER, TLS_EV_INVALID_RECORD_VERSION, TLS_EV_INVALID_RECORD_TYPE,
	TLS_EV_INVALID_RECORD_LENGTH, TLS_EV_INVALID_HANDSHAKE_MESSAGE, TLS_EV_HANDSHAKE_INVALID_LENGTH,
	TLS_EV_HEARTBEAT, TLS_EV_INVALID_HEARTBEAT, TLS_EV_OVERFLOW_HEARTBEAT, TLS_EV_DATALEAK_HEARTBEAT,
	TLS_EV_MULTIPLE_SNI, TLS_EV_INVALID_SNI_TYPE, TLS_EV_INVALID_SNI_LENGTH, TLS_EV_TOO_MANY_RECORDS,
	TLS_EV_INVALID_CERTIFICATE, TLS_EV_CERT_INVALID_LENGTH, TLS_EV_CERT_MISSING_ELEMENT, TLS_EV_CERT_UNKNOWN_ELEMENT,
	TLS_EV_ERROR_MESSAGE, TLS_EV_INVALID_ALERT, TLS_EV_INVALID_SSL_RECORD,
	TLS_EV_CERT_INVALID_DER, TLS_EV_CERT_INVALID_VERSION, TLS_EV_CERT_INVALID_SERIAL, TLS_EV_CERT_INVALID_ALGORITHM,
	TLS_EV_CERT_INVALID_ISSUER, TLS_EV_CERT_INVALID_VALIDITY, TLS_EV_CERT_INVALID_SUBJECT, TLS_EV_CERT_INVALID_EXTENSIONS,
	TLS_EV_CERT_INVALID_DATE, TLS_EV_CERT_INVALID_NAME, TLS_EV_CERT_INVALID_STRING,
	TLS_EV_MANY_NAMES
};

/* What ssl_state asks for. */
#define TLS_SEEN_CLIENT_HELLO 0x01
#define TLS_SEEN_SERVER_HELLO 0x02
#define TLS_SEEN_CLIENT_KEYX 0x04
#define TLS_SEEN_SERVER_KEYX 0x08
#define TLS_SEEN_OTHER 0x10

/* Progress to server / to client. */
enum { TLS_C_START, TLS_C_HELLO, TLS_C_CERT, TLS_C_HANDSHAKE, TLS_C_FINISHED };
enum { TLS_S_START, TLS_S_HELLO, TLS_S_CERT, TLS_S_HELLO_DONE, TLS_S_HANDSHAKE, TLS_S_FINISHED };

/* A piece of a kept message. */
struct tls_part {
	uint32_t off, n;
};

struct tls_cert {
	struct tls_part subject, issuer, serial, fingerprint; /* in `text` */
	struct tls_part san; /* in `chain`: contents of GeneralNames */
	char not_before[20], not_after[20]; /* "2015-02-12T18:07:27"; "" = not given */
	int64_t valid_from, valid_to;       /* seconds since 1970 */
	bool present;
};

struct tls_side {
	uint16_t version;        /* agreed or offered, supported_versions taken into account; 0 = no hello yet */
	uint16_t hello_version;  /* the one in the hello's own field */
	uint16_t cipher;         /* server: the chosen one */
	bool keyx;
	struct bytes hello;      /* the message's body, kept */
	struct tls_part random, session, sni, alpn;
	bool has_sni;            /* the extension is there, with or without a name */
	struct bytes ja3;        /* string of JA3 / JA3S */
	char ja3_hash[33];
	char ja4[37];            /* client */
	struct bytes chain;      /* contents of the certificate list (3-byte length before each), kept */
	uint32_t certs;
	struct bytes text;       /* printed forms of the first certificate */
	struct tls_cert cert;
};

/* What the configuration says of the tls records of EVE: bit = enum tls_log_field. */
enum tls_log_field {
	TLS_LOG_SUBJECT, TLS_LOG_ISSUER, TLS_LOG_RESUMED, TLS_LOG_SERIAL, TLS_LOG_FINGERPRINT, TLS_LOG_SNI, TLS_LOG_VERSION,
	TLS_LOG_NOT_BEFORE, TLS_LOG_NOT_AFTER, TLS_LOG_CERTIFICATE, TLS_LOG_CHAIN, TLS_LOG_JA3, TLS_LOG_JA3S, TLS_LOG_JA4,
	TLS_LOG_SAN, TLS_LOG_CLIENT, TLS_LOG_CLIENT_CERTIFICATE, TLS_LOG_CLIENT_CHAIN, TLS_LOG_CLIENT_ALPNS, TLS_LOG_SERVER_ALPNS,
	TLS_LOG_CLIENT_HANDSHAKE, TLS_LOG_SERVER_HANDSHAKE, TLS_LOG_N
};
struct tls_conf {
	uint32_t fields;
	bool resumption;         /* handshakes that resume a session have a record too */
};

struct tls_tx {
	struct tx tx;
	const struct tls_conf *conf; /* NULL: nothing is said */
	uint32_t seen;           /* TLS_SEEN_* */
	uint8_t state;           /* the one of them that came last, TLS_SEEN_OTHER aside; 0: none yet */
	bool version_extension;  /* the client sent supported_versions */
	bool cert_request;       /* the server asked for the client's certificate */
	bool sslv2;
	bool quic;               /* the handshake of QUIC */
	struct tls_side side[2]; /* TO_SERVER: what the client sent */
};

static inline struct span
tls_at(const struct bytes *b, struct tls_part p)
{
	return p.n && p.off <= b->n && p.n <= b->n - p.off ? span_of(b->p + p.off, p.n) : SPAN_NONE;
}

/* Lists of a kept hello: 16-bit numbers; extensions with their contents. */
struct tls_lists {
	struct span suites, extensions, signatures;
};
void tls_hello_lists(const struct tls_side *s, int dir, struct tls_lists *out);
bool tls_grease(uint16_t v); /* RFC 8701 */
/* The server agreed to go on with the session that the client named (RFC 5246 section 7.3). */
bool tls_resumed(const struct tls_tx *t);
/* The n-th protocol of ALPN. */
bool tls_alpn(const struct tls_side *s, unsigned n, struct span *out);
/* tls_log.c */
void tls_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d);
void tls_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
bool tls_loggable(const struct tx *tx);
bool tls_log_ready(const struct tx *tx);
/* tls_hello.c: the bodies of ClientHello and ServerHello; E_BAD when they do not hold together. */
int tls_client_hello(struct app *a, struct tls_tx *t, struct span body);
int tls_server_hello(struct app *a, struct tls_tx *t, struct span body);
/* Gives back what a transaction kept of hellos and certificates. */
void tls_release(struct app *a, struct tls_tx *t);
/* tls_cert.c: contents of a certificate list (RFC 5246 section 7.4.2, without the length of the whole). */
int tls_certificates(struct app *a, struct tls_tx *t, int dir, struct span list);
/* Seconds since 1970 of year, month, day, hour, minute, second. */
int64_t tls_seconds(const unsigned v[static 6]);
/* The n-th certificate of a direction, DER. */
bool tls_cert_der(const struct tls_side *s, unsigned n, struct span *out);
/* The n-th subjectAltName; addresses are printed into scratch. */
bool tls_cert_san(const struct tls_side *s, unsigned n, char scratch[static ADDR_STRLEN], struct span *out);
/* "TLS 1.2" as the log has it; buf is used for drafts. */
const char *tls_version_text(uint16_t version, char buf[static 24]);

/* For keywords. Validity of the first certificate of a direction, seconds since 1970; false: no certificate. */
static inline bool
tls_cert_times(const struct tx *tx, int dir, int64_t *from, int64_t *to)
{
	const struct tls_cert *c = &((const struct tls_tx *) tx)->side[dir].cert;

	*from = c->valid_from;
	*to = c->valid_to;
	return c->present;
}

#endif
