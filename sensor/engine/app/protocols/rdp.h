/*
 * rdp - messages of the RDP connection sequence, for the parser and its log.
 *
 * Thread:    the worker's.
 * Memory:    of the transaction.
 * Owns:      nothing.
 * Not here:  the sequence -> rdp.c   records -> rdp_log.c
 */
#ifndef ENGINE_PROTOCOLS_RDP_H
#define ENGINE_PROTOCOLS_RDP_H

#include "engine/app/protocols/parse.h"

enum rdp_kind { RDP_REQUEST, RDP_RESPONSE, RDP_CONNECT, RDP_CONNECTED, RDP_TLS };
enum { RDP_NONE, RDP_NEGOTIATION_REQUEST, RDP_NEGOTIATION_RESPONSE, RDP_NEGOTIATION_FAILURE };

struct rdp_tx {
	struct tx tx;
	uint8_t kind;
	uint8_t negotiation, flags;
	uint32_t protocols;    /* asked for, chosen, or the reason of the failure */
	struct bytes data;     /* REQUEST: cookie; CONNECT: client's data blocks; TLS: serials, length(1) bytes each */
};

/* The data block of this type (MS-RDPBCGR 2.2.1.3.1); false: there is none. */
bool rdp_block(struct span blocks, uint16_t type, struct span *out);
void rdp_log(const struct app *app, const struct tx *tx, struct json *j, bool full);

#endif
