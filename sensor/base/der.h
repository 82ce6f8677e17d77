/*
 * der - ASN.1 values as LDAP, Kerberos, SNMP, SPNEGO, MMS and GOOSE send them: tag, definite length, contents.
 *
 * Thread:    the worker's.
 * Memory:    none; spans into the caller's bytes.
 * Owns:      nothing.
 * Not here:  what the values mean -> engine/app/protocols, engine/decode/layers   X.509 -> tls_cert.c (OpenSSL)
 *
 * Spec: X.690 section 8.1. Tags of one byte only (numbers up to 30), lengths of at most four bytes: no protocol here needs more.
 */
#ifndef BASE_DER_H
#define BASE_DER_H

#include "base/span.h"

enum { DER_BOOLEAN = 1, DER_INTEGER = 2, DER_OCTETS = 4, DER_OID = 6, DER_ENUM = 10, DER_SEQUENCE = 0x30, DER_SET = 0x31,
	DER_APP = 0x40 /* application, primitive */, DER_APP_CONS = 0x60, DER_CTX = 0x80, DER_CTX_CONS = 0xa0 };

/* The contents of the next value. bad: it is longer than what is left, or has another tag than wanted (0 = any). */
static inline struct span
der(struct rd *r, uint8_t want, uint8_t *tag)
{
	uint8_t t = rd_u8(r), n = rd_u8(r);
	uint32_t len = n;

	if (n & 0x80) {
		len = 0;
		if ((n & 0x7f) == 0 || (n & 0x7f) > 4)
			r->bad = true;
		for (uint8_t i = 0; i < (n & 0x7f) && !r->bad; i++)
			len = len << 8 | rd_u8(r);
	}
	if (want && t != want)
		r->bad = true;
	if (tag)
		*tag = t;
	return rd_span(r, len);
}

static inline struct rd
der_in(struct rd *r, uint8_t want)
{
	return rd_of(der(r, want, NULL));
}

/* The tag of the next value; 0 = nothing follows. */
static inline uint8_t
der_next(const struct rd *r)
{
	return rd_left(r) ? *r->p : 0;
}

/* Two's complement contents; bad in *ok when there are none or more than eight. */
static inline int64_t
der_number(struct span s, bool *ok)
{
	uint64_t v = s.n && s.p[0] & 0x80 ? UINT64_MAX : 0;

	*ok = s.n > 0 && s.n <= 8;
	for (uint32_t i = 0; i < s.n && *ok; i++)
		v = v << 8 | s.p[i];
	return (int64_t) v;
}

/* An INTEGER, or what stands for one (`want`). */
static inline int64_t
der_int(struct rd *r, uint8_t want)
{
	bool ok;
	int64_t v = der_number(der(r, want, NULL), &ok);

	if (!ok)
		r->bad = true;
	return r->bad ? 0 : v;
}

#endif
