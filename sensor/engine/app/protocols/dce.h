/*
 * dce - DCE RPC calls: PDUs, bindings, stub data. For dcerpc.c (TCP, UDP) and smb.c (named pipes).
 *
 * Thread:    the worker's.
 * Memory:    stub data and the interfaces of a bind in the worker's pool, until dce_clear().
 * Owns:      those.
 * Not here:  where PDUs come from -> dcerpc.c, smb_io.c   what rules ask -> ../../detect/keywords/dcerpc_iface.c
 *
 * Source: DCE 1.1 RPC (C706) section 12.5, 12.6 (PDUs), 12.4 (connectionless); MS-RPCE section 2.2.2.
 */
#ifndef ENGINE_PROTOCOLS_DCE_H
#define ENGINE_PROTOCOLS_DCE_H

#include "engine/app/protocols/parse.h"

#define DCE_HEADER 16
#define DCE_IFACES 32         /* bindings kept per flow; the oldest goes */
#define DCE_BIND_MAX 16       /* interfaces of one bind that are shown */
#define DCE_STUB_MAX 65536u   /* bytes of stub data kept a direction */
#define DCE_NONE 0xff

enum dce_type { DCE_REQUEST, DCE_PING, DCE_RESPONSE, DCE_FAULT, DCE_WORKING, DCE_NOCALL, DCE_REJECT, DCE_ACK, DCE_CL_CANCEL,
	DCE_FACK, DCE_CANCEL_ACK, DCE_BIND, DCE_BINDACK, DCE_BINDNAK, DCE_ALTER, DCE_ALTER_RESP, DCE_AUTH3, DCE_SHUTDOWN,
	DCE_CO_CANCEL, DCE_ORPHANED, DCE_TYPES };

struct dce_header {
	uint8_t minor, type, flags;
	bool little;
	uint16_t frag, auth;      /* bytes of the PDU, of its authentication */
	uint32_t call;
};
#define DCE_FIRST 1
#define DCE_LAST 2

struct dce_iface {
	uint64_t pipe;            /* which pipe of the flow; 0 over TCP */
	uint8_t uuid[16];         /* in the order it is written */
	uint16_t ctx, major, minor;
	uint16_t result;          /* of the answer; 0xffff = none yet */
	bool used, first;         /* first: bound by a PDU that said it is the first */
};

struct dce_table {
	struct dce_iface e[DCE_IFACES];
	unsigned next;
};

struct dce_call {
	bool used;
	uint8_t type[2];          /* enum dce_type by direction; DCE_NONE */
	uint8_t minor;
	bool little, done[2];
	uint16_t ctx, opnum;
	uint32_t call;
	uint32_t frags[2], stub_n[2];
	struct bytes stub[2];
	struct dce_iface iface;   /* of a request, where its binding was seen */
	struct dce_iface *bound;  /* DCE_BIND_MAX of them: of a bind */
	uint8_t bound_n;
};

/* A header that is well-formed; false otherwise. */
bool dce_header(struct span pdu, struct dce_header *h);
/* Which way such a PDU goes: TO_SERVER, TO_CLIENT, -1 both. */
int dce_type_dir(uint8_t type);
const char *dce_type_name(uint8_t type);
/* One whole PDU of the call. */
void dce_pdu(struct app *a, struct dce_table *t, struct dce_call *c, int dir, uint64_t pipe, const struct dce_header *h, struct span pdu);
void dce_begin(struct dce_call *c);
void dce_uuid(struct rd *r, bool little, uint8_t out[static 16]);
void dce_uuid_text(const uint8_t uuid[16], char out[static 37]);
void dce_stub_add(struct app *a, struct dce_call *c, int dir, struct span s);  /* a fragment */
void dce_stub_more(struct app *a, struct dce_call *c, int dir, struct span s); /* the rest of the last one */
void dce_clear(struct app *a, struct dce_call *c);
void dce_log(const struct dce_call *c, struct json *j);
/* The call of a transaction of dcerpc or smb; NULL when it has none. */
const struct dce_call *dce_of(const struct tx *tx);
bool dce_stub_field(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out);

struct dce_tx {
	struct tx tx;
	struct dce_call call;
	uint32_t seq;             /* UDP */
	uint8_t activity[16];
};

#endif
