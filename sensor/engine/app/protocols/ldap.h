/*
 * ldap - what the LDAP parser's files share: one request with its answers, read anew whenever they are looked at.
 *
 * Thread:    the worker's.
 * Memory:    the messages are kept in the worker's pool until the transaction ends.
 * Owns:      struct ldap_tx.
 * Not here:  transport and transactions, the protocol's table row -> ldap.c
 */
#ifndef ENGINE_PROTOCOLS_LDAP_H
#define ENGINE_PROTOCOLS_LDAP_H

#include "base/der.h"
#include "engine/app/protocols/parse.h"

#define LDAP_MESSAGE_MAX 131000u
#define LDAP_ANSWERS_MAX 262144u /* bytes kept of all answers to one request */

enum ldap_op { LDAP_BIND, LDAP_BIND_DONE, LDAP_UNBIND, LDAP_SEARCH, LDAP_ENTRY, LDAP_SEARCH_DONE, LDAP_MODIFY, LDAP_MODIFY_DONE, LDAP_ADD,
	LDAP_ADD_DONE, LDAP_DELETE, LDAP_DELETE_DONE, LDAP_RENAME, LDAP_RENAME_DONE, LDAP_COMPARE, LDAP_COMPARE_DONE, LDAP_ABANDON,
	LDAP_REFERENCE = 19, LDAP_EXTENDED = 23, LDAP_EXTENDED_DONE, LDAP_INTERMEDIATE, LDAP_NONE = 0xff };

struct ldap_tx {
	struct tx tx;
	struct bytes request;  /* a whole LDAPMessage */
	struct bytes answers;  /* whole ones, one after the other */
	uint32_t id, n;        /* message; answers that came, kept or not */
};

/* One LDAPMessage: its operation and what is in it. */
struct ldap_msg {
	uint32_t id;
	uint8_t op;
	bool constructed;
	struct span body;
};
/* Takes one message from r; false: nothing that is one. */
bool ldap_message(struct rd *r, struct ldap_msg *m);
bool ldap_is_request(uint8_t op);
/* The i-th answer. */
bool ldap_answer(const struct ldap_tx *t, unsigned i, struct ldap_msg *m);

/* An LDAPResult; false: this operation has none. */
struct ldap_result {
	uint32_t code;
	struct span dn, message;
	struct rd rest; /* referral, or what is the operation's own */
};
bool ldap_result(const struct ldap_msg *m, struct ldap_result *out);
/* The name that an operation is about; false: none. */
bool ldap_dn(const struct ldap_msg *m, struct span *out);
/* The i-th attribute that it names. */
bool ldap_attribute(const struct ldap_msg *m, unsigned i, struct span *out);

/* ldap_log.c */
extern const char *const ldap_op_names[];   /* "bind_request=0", ..., NULL */
extern const char *const ldap_code_names[]; /* "success=0", ..., NULL */
void ldap_log(const struct app *app, const struct tx *tx, struct json *j, bool full);

/* ldap_fields.c */
extern const struct field ldap_fields[];

#endif
