/*
 * krb5 - what others ask of the Kerberos parser: names, tickets, encryption types.
 *
 * Thread:    the worker's.
 * Memory:    names in the worker's pool until the transaction ends.
 * Owns:      struct krb5_tx.
 * Not here:  the protocol's table row -> krb5.c   its names for numbers -> krb5_names.c
 */
#ifndef ENGINE_PROTOCOLS_KRB5_H
#define ENGINE_PROTOCOLS_KRB5_H

#include "base/der.h"
#include "engine/app/protocols/parse.h"

enum krb5_type { KRB5_AS_REQ = 10, KRB5_AS_REP, KRB5_TGS_REQ, KRB5_TGS_REP, KRB5_AP_REQ, KRB5_AP_REP, KRB5_SAFE = 20, KRB5_PRIV,
	KRB5_CRED, KRB5_ERROR = 30 };

struct krb5_tx {
	struct tx tx;
	uint8_t type, failed;      /* enum krb5_type; of an error: of the request before it, 0 = not seen */
	bool has_etype, has_ticket, has_error;
	int32_t etype, ticket_etype, error;
	struct bytes realm;
	struct bytes cname, sname; /* contents of SEQUENCE OF GeneralString */
};

/* A ticket, tag and all, without what is encrypted. */
struct krb5_ticket {
	struct span realm, sname; /* sname: contents of SEQUENCE OF GeneralString */
	int32_t etype;
};
bool krb5_ticket(struct rd *r, struct krb5_ticket *out);
/* PrincipalName: the contents of its name-string. */
struct span krb5_principal(struct rd *r);
/* The i-th part of such a name. */
bool krb5_name_part(struct span name, unsigned i, struct span *out);

/* krb5_names.c; NULL = none. */
const char *krb5_type_name(uint8_t type);   /* "KRB_AS_REQ" */
const char *krb5_error_name(int32_t code);  /* "KDC_ERR_PREAUTH_REQUIRED" */
const char *krb5_etype_name(int32_t etype); /* "rc4-hmac" */
bool krb5_etype_find(const char *name, int32_t *out);
bool krb5_etype_weak(int32_t etype);

#endif
