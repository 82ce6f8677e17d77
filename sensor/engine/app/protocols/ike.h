/*
 * ike - messages of IKE 1 and 2, for the parser, its log and the keywords.
 *
 * Thread:    the worker's.
 * Memory:    of the transaction; spans point into its message.
 * Owns:      nothing.
 * Not here:  state between messages -> ike.c
 */
#ifndef ENGINE_PROTOCOLS_IKE_H
#define ENGINE_PROTOCOLS_IKE_H

#include "engine/app/protocols/parse.h"

#define IKE_HEADER 28u
#define IKE_MESSAGE_MAX 16384u
#define IKE_KEPT_MAX 2048u /* key exchange, nonce, proposals, vendor ids of a side that later records tell again */
#define IKE_VENDORS_MAX 64

enum { IKE_ENCRYPTED = 1, IKE_INITIATOR = 8 }; /* flags; the first of version 1 */
enum { IKE_IKE = 1, IKE_AH, IKE_ESP };                               /* protocol of a proposal */

/* By the numbers of version 1's attributes (RFC 2409 appendix A), and for 2 what stands for the same. */
enum ike_attribute { IKE_ENC = 1, IKE_HASH, IKE_AUTH, IKE_DH, IKE_GROUP_TYPE, IKE_LIFE_TYPE = 11, IKE_LIFE_DURATION, IKE_PRF, IKE_KEY_LENGTH,
	IKE_FIELD_SIZE, IKE_ATTRIBUTES = 17 };
/* Transform types of version 2 (RFC 7296 section 3.3.2). */
enum { IKE2_ENC = 1, IKE2_PRF, IKE2_AUTH, IKE2_DH, IKE2_ESN };

struct ike_tx {
	struct tx tx;
	struct bytes msg;
	uint8_t major, minor, exchange, flags, first; /* first: payload type */
	uint8_t dir;
	bool encrypted;
	bool has_sa;
	uint32_t doi;
	struct span init_spi, resp_spi, sa, ke, nonce; /* sa: its proposals */
};

/* What a side told so far (version 1). */
struct ike_side {
	struct bytes ke, nonce, sa;
};

struct ike {
	struct ike_side side[2]; /* by direction: the client's, the server's */
	struct app_list vendors; /* once each */
	unsigned vendors_n;
	uint32_t doi;
};

/* Payloads of a message, in order. */
struct ike_payloads {
	struct rd r;
	uint8_t next;
};
struct ike_payloads ike_payloads(const struct ike_tx *t);
bool ike_payload(struct ike_payloads *p, uint8_t *type, struct span *body);

/* Transforms of all proposals, in order. */
struct ike_transforms {
	struct rd proposals, transforms;
	uint8_t protocol;
	unsigned proposal;     /* from 1 */
};
struct ike_transforms ike_transforms(struct span sa);
bool ike_transform(struct ike_transforms *t, struct span *body);
/* Attributes of a transform of version 1. A value longer than four bytes is no number: false in *number. */
bool ike_attribute(struct rd *r, uint16_t *type, uint32_t *value, bool *number);

bool ike_is_vendor(const struct ike_tx *t, uint8_t type);
/* The attribute in the proposal that the responder chose, the first when there are several. */
bool ike_chosen(const struct ike_tx *t, enum ike_attribute kind, uint32_t *value);

const char *ike_attribute_name(unsigned kind); /* "alg_enc"; NULL */
void ike_log(const struct app *app, const struct tx *tx, struct json *j, bool full);

#endif
